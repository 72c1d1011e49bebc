"""Grades, comments and penalties are those of the real nbgrader, and its other commands go on from there."""

import csv
import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import nbgrader.api
import pytest
from nbgrader.api import Gradebook

from seglab.errors import InputError
from seglab.grading import runner
from seglab.grading.course import Course
from seglab.grading.records import gradebook
from seglab.grading.submissions import Sheet

sys.path.insert(0, str(Path(__file__).parent))
import any_course

WRONG = {
    **any_course.RIGHT,
    "q1": "def double(x):\n    return abs(2 * x)",
    "q2": "def squares(n):\n    return [0] * n",
}
LATE, ON_TIME = "2026-01-10 14:10:00 UTC", "2026-01-10 11:00:00 UTC"


def make_course(folder):
    any_course.make(folder)
    any_course.hand_in(folder, "ann", any_course.RIGHT, timestamp=ON_TIME)
    any_course.hand_in(folder, "bob", WRONG, timestamp=LATE)
    any_course.hand_in(folder, "cyd", {}, timestamp=LATE)
    any_course.hand_in(folder, "dan", any_course.RIGHT, names=("basics",))
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "vision101") as book:
        book.add_assignment("ps1", duedate=datetime(2026, 1, 10, 12))
    return folder


def grade_with_nbgrader(folder):
    any_course.nbgrader(folder, "generate_assignment", "ps1")
    any_course.nbgrader(folder, "autograde", "ps1")


@pytest.fixture(scope="module")
def courses(tmp_path_factory, monkeypatch_module):
    """Two equal courses: graded by nbgrader, and by the judge."""
    theirs, ours = (make_course(tmp_path_factory.mktemp(name)) for name in ("theirs", "ours"))
    with ThreadPoolExecutor() as threads:
        other = threads.submit(grade_with_nbgrader, theirs)
        summary = runner.grade(Course(ours), "ps1", workers=1)
        other.result()
    return theirs, ours, summary


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        programs = Path(sys.executable).parent
        patch.setenv("PATH", str(programs), prepend=":")  # the tests' own gradebook needs alembic
        version = nbgrader.api.get_alembic_version()
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
        yield patch


@pytest.fixture
def ours(courses):
    return courses[1]


def find(book, student, notebook, name, kind="grade"):
    return getattr(book, f"find_{kind}")(name, notebook, "ps1", student)


def open_book(folder):
    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "vision101")


def test_gradebook_equals_nbgraders(courses):
    theirs, ours = (any_course.read_gradebook(folder) for folder in courses[:2])
    assert ours == theirs
    assert theirs["bob"]["grades"]["basics", "q2-partial"][0] == 1.5
    assert theirs["bob"]["totals"][2] == 2.0 + 2.0  # one point per hour and notebook
    assert theirs["cyd"]["comments"]["basics", "q3"] == "No response."
    assert theirs["dan"]["grades"]["files", "q5-mean"][0] == 0.0


def test_cells_in_the_gradebook_equal_nbgraders(courses):
    def cells(folder):
        with sqlite3.connect(folder / "gradebook.db") as database:
            query = "select notebook.name, source_cell.name, cell_type, locked, source, checksum from source_cell "
            rows = database.execute(query + "join notebook on notebook.id = source_cell.notebook_id").fetchall()
        return sorted(rows)

    assert cells(courses[1]) == cells(courses[0])


def test_autograded_notebook_is_as_nbgrader_leaves_it(courses):
    from nbgrader.utils import determine_grade

    def graded(folder, student):
        path = folder / "autograded" / student / "ps1" / "basics.ipynb"
        found = {}
        for cell in gradebook_cells(path):
            known = cell.metadata.get("nbgrader")
            if known and known.get("grade_id"):
                score = determine_grade(cell) if known["grade"] else None
                known = {key: value for key, value in known.items() if key != "cell_type"}  # of the release
                found[known["grade_id"]] = (cell.source, known, score)
        return found

    for student in ("ann", "bob", "cyd"):
        assert graded(courses[1], student) == graded(courses[0], student)
    files = [path.name for path in sorted((courses[1] / "autograded" / "bob" / "ps1").iterdir())]
    assert files == ["basics.ipynb", "files.ipynb", "numbers.txt", "timestamp.txt"]
    assert (courses[1] / "autograded/bob/ps1/basics.ipynb").stat().st_mode & 0o777 == 0o444


def gradebook_cells(path):
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def test_failed_test_says_so_and_shows_no_hidden_value(ours):
    cells = {
        cell.metadata.get("nbgrader", {}).get("grade_id"): cell
        for cell in gradebook_cells(ours / "autograded" / "cyd" / "ps1" / "basics.ipynb")
    }
    assert cells["q1-positive"].outputs[0].output_type == "error"
    assert "BEGIN HIDDEN TESTS" in cells["q1-positive"].source


def test_feedback_and_export_show_the_scores(ours):
    with ThreadPoolExecutor() as threads:
        jobs = [threads.submit(any_course.nbgrader, ours, "generate_feedback", "ps1")]
        jobs.append(threads.submit(any_course.nbgrader, ours, "export", "--to=grades.csv"))
        for job in jobs:
            job.result()
    page = (ours / "feedback" / "bob" / "ps1" / "basics.html").read_text()
    assert "Score: 3.5 / 14.0" in " ".join(page.replace("&#13;", "").split()) or "(Score: 1.5 / 14.0)" in page
    with open(ours / "grades.csv") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert (rows["bob"]["raw_score"], rows["bob"]["late_submission_penalty"], rows["bob"]["score"]) == (
        "5.5",
        "4.0",
        "1.5",
    )
    assert (rows["ann"]["raw_score"], rows["ann"]["score"], rows["ann"]["max_score"]) == ("8.0", "8.0", "16.0")


def test_what_a_person_gave_stays(ours):
    with open_book(ours) as book:
        find(book, "ann", "basics", "q3").manual_score = 4.0
        find(book, "ann", "basics", "q3").needs_manual_grade = False
        find(book, "ann", "basics", "q3", "comment").manual_comment = "Which two?"
        find(book, "ann", "basics", "q1-positive").extra_credit = 0.5
        find(book, "ann", "basics", "q2-partial").manual_score = 2.0
        book.db.commit()
    summary = runner.grade(Course(ours), "ps1", students=["ann"])
    assert (summary.ran, summary.students[0]["cached"], summary.students[0]["changed"]) == (0, True, False)
    with open_book(ours) as book:
        assert not find(book, "ann", "basics", "q3").needs_manual_grade  # nothing changed, nothing to look at again
    any_course.hand_in(ours, "ann", {**any_course.RIGHT, "q1": "def double(x):\n    return 3 * x"}, timestamp=ON_TIME)
    summary = runner.grade(Course(ours), "ps1", students=["ann"])
    assert (summary.ran, summary.students[0]["changed"]) == (1, True)
    with open_book(ours) as book:
        grade = find(book, "ann", "basics", "q3")
        assert (grade.score, grade.manual_score, grade.needs_manual_grade) == (4.0, 4.0, True)  # as nbgrader does
        assert find(book, "ann", "basics", "q3", "comment").comment == "Which two?"
        partial = find(book, "ann", "basics", "q2-partial")
        assert (partial.auto_score, partial.score, partial.needs_manual_grade) == (3.0, 2.0, True)
        positive = find(book, "ann", "basics", "q1-positive")
        assert (positive.auto_score, positive.extra_credit, positive.score) == (0.0, 0.5, 0.5)


def test_points_and_tests_may_change_after_the_first_grading(ours):
    path = ours / "source" / "ps1" / "files.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["metadata"]["nbgrader"]["points"] = 7
    path.write_text(json.dumps(notebook))
    summary = runner.grade(Course(ours), "ps1", students=["bob"])
    assert summary.ran == 0  # what the test found out stays
    with open_book(ours) as book:
        assert find(book, "bob", "files", "q5-mean").score == 7.0
        assert book.find_notebook("files", "ps1").max_score == 7.0


def test_lost_gradebook_is_written_again(courses, tmp_path, ours):
    summary = runner.grade(Course(ours), "ps1", students=["dan"])
    before = any_course.read_gradebook(ours)["dan"]["grades"]
    (ours / "gradebook.db").rename(tmp_path / "gradebook.db")
    summary = runner.grade(Course(ours), "ps1", students=["dan"])
    assert (summary.ran, summary.students[0]["changed"]) == (0, True)
    assert any_course.read_gradebook(ours)["dan"]["grades"] == before
    (tmp_path / "gradebook.db").rename(ours / "gradebook.db")


class Judged:
    """Stands in for a job."""

    key = "k"


def judged(sheet, student, **results):
    """A submission with results that were never run."""
    submission = sheet.read(student)
    for name, result in results.items():
        submission.notebooks[name].job = Judged()
        submission.notebooks[name].result = result
    return submission


def result_of(points, error=None):
    cells = {
        name: {"points": given, "max": most, "kind": None, "error": text, "detail": "", "seconds": 0.0}
        for name, (given, most, text) in points.items()
    }
    return {"cells": cells, "error": error}


@pytest.fixture
def small(tmp_path, monkeypatch_module):
    """A course in which nothing is graded yet."""
    return any_course.make(tmp_path)


FULL = {"q1-positive": (2.0, 2, None), "q1-negative": (1.0, 1, None), "q2-partial": (3.0, 3, None)}
NONE = {"q5-mean": (0.0, 2, "a hidden test failed")}


def test_doubtful_answer_keeps_its_points_and_waits_for_a_person(small):
    any_course.hand_in(small, "eve", any_course.RIGHT)
    course = Course(small)
    sheet = Sheet(course, "ps1")
    submission = judged(sheet, "eve", basics=result_of(FULL), files=result_of(NONE))
    submission.notebooks["files"].doubts.append("q5: found by similarity only")
    outcome = gradebook.merge(course, sheet, [submission])[0]
    assert (outcome.score, outcome.needs_manual_grade) == (6.0, True)
    assert [(entry["notebook"], entry["reasons"]) for entry in outcome.queue] == [
        ("files", ["q5: found by similarity only"])
    ]
    with open_book(small) as book:
        grade = find(book, "eve", "files", "q5-mean")
        assert (grade.auto_score, grade.needs_manual_grade) == (0.0, True)
        assert not find(book, "eve", "basics", "q1-positive").needs_manual_grade


def test_unreadable_notebook_is_no_silent_zero(small):
    folder = any_course.hand_in(small, "eve", any_course.RIGHT)
    (folder / "files.ipynb").write_bytes(b"%PDF-1.4")
    course = Course(small)
    sheet = Sheet(course, "ps1")
    submission = sheet.read("eve")
    submission.notebooks["basics"].job, submission.notebooks["basics"].result = Judged(), result_of(FULL)
    outcome = gradebook.merge(course, sheet, [submission])[0]
    assert "unreadable" in outcome.queue[0]["reasons"][0]
    with open_book(small) as book:
        grade = find(book, "eve", "files", "q5-mean")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)


def test_tests_that_were_not_reached_wait_and_the_others_count(small):
    from seglab.grading.judging.results import NOT_REACHED

    any_course.hand_in(small, "eve", any_course.RIGHT)
    course = Course(small)
    sheet = Sheet(course, "ps1")
    half = {**FULL, "q2-partial": (0.0, 3, NOT_REACHED)}
    submission = judged(sheet, "eve", basics=result_of(half, error="the judge ended"), files=result_of(NONE))
    outcome = gradebook.merge(course, sheet, [submission])[0]
    assert outcome.queue[0]["reasons"] == ["not graded to its end: the judge ended"]
    with open_book(small) as book:
        grades = {name: find(book, "eve", "basics", name) for name in FULL}
        assert (grades["q1-positive"].auto_score, grades["q1-positive"].needs_manual_grade) == (2.0, False)
        assert (grades["q2-partial"].auto_score, grades["q2-partial"].needs_manual_grade) == (None, True)


def test_folder_without_a_notebook_waits_for_a_person(small):
    (small / "submitted" / "fay" / "ps1").mkdir(parents=True)
    (small / "submitted" / "fay" / "ps1" / "essay.txt").write_text("sorry")
    course = Course(small)
    sheet = Sheet(course, "ps1")
    outcome = gradebook.merge(course, sheet, [sheet.read("fay")])[0]
    assert outcome.needs_manual_grade
    assert "nor any other notebook" in outcome.queue[0]["reasons"][0]


def test_notebook_under_another_name_is_found(small):
    folder = any_course.hand_in(small, "eve", any_course.RIGHT)
    (folder / "files.ipynb").rename(folder / "Copy of files (1).ipynb")
    answers = Sheet(Course(small), "ps1").read("eve").notebooks["files"]
    assert answers.notes[0] == "handed in as Copy of files (1).ipynb"
    assert (answers.repaired.slots[0].state, answers.doubts) == ("answered", [])


def test_links_and_markup_of_a_student_go_nowhere(small):
    def change(notebook):
        script = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "<script>alert(1)</script>"}
        raw = {"cell_type": "raw", "id": "y", "metadata": {"raw_mimetype": "text/html"}, "source": "<script>1</script>"}
        notebook["cells"] += [script, raw]

    answers = {**any_course.RIGHT, "q3": "text <img src=x onerror=alert(1)>"}
    folder = any_course.hand_in(small, "eve", answers, change=change)
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    course = Course(small)
    sheet = Sheet(course, "ps1")
    submission = judged(sheet, "eve", basics=result_of(FULL), files=result_of(NONE))
    assert "passwd.txt: a link, left out" in submission.notebooks["basics"].notes
    gradebook.merge(course, sheet, [submission])
    written = small / "autograded" / "eve" / "ps1"
    assert sorted(path.name for path in written.iterdir()) == ["basics.ipynb", "files.ipynb", "numbers.txt"]
    text = (written / "basics.ipynb").read_text()
    assert "<script" not in text and "<img" not in text
    assert "< script>alert(1)" in text


def test_sources_with_solutions_are_never_among_the_files(small):
    folder = any_course.hand_in(small, "eve", any_course.RIGHT)
    (folder / "result.json").write_text("{}")
    (folder / "weights.npz").write_bytes(b"x" * 2048)
    (folder / "Other.IPYNB").write_text("{}")
    sheet = Sheet(Course(small), "ps1")
    (folder / "numbers.txt").mkdir()
    (folder / "numbers.txt" / "x").write_bytes(b"x")
    (folder / "labels.npz").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "deep").mkdir()
    (folder / "deep" / "labels.npz").write_bytes(b"x")
    chosen, notes, doubts = sheet.artifacts(sheet.read("eve"), limit=1024)
    assert sorted(chosen) == ["deep/labels.npz", "labels.npz"]
    assert [line.split(":")[0] for line in notes] == [".DS_Store"]
    assert [line.split(":")[0] for line in doubts] == ["numbers.txt/x", "result.json", "weights.npz"]
    assert sheet.own_files(limit=1024) == {"numbers.txt": small / "source" / "ps1" / "numbers.txt"}
    with pytest.raises(InputError, match="--set artifact_mb"):
        sheet.own_files(limit=1)


def test_files_that_students_may_edit_and_files_in_folders(tmp_path):
    edited = any_course.CONFIG + 'c.Autograde.exclude_overwriting = {"ps1": ["numbers.txt"]}\n'
    course = any_course.make(tmp_path, config=edited)
    (course / "source" / "ps1" / "data").mkdir()
    (course / "source" / "ps1" / "data" / "table.csv").write_text("1\n")
    folder = any_course.hand_in(course, "eve", any_course.RIGHT)
    (folder / "numbers.txt").write_text("9\n")
    sheet = Sheet(Course(course), "ps1")
    assert list(sheet.own_files(limit=1024)) == ["data/table.csv"]
    assert sheet.artifacts(sheet.read("eve"), limit=1024)[0] == {"numbers.txt": folder / "numbers.txt"}
