"""A sheet that changes after its grading: what runs again, what is kept, and scores like those of a fresh grading."""

import json
import shutil
import sys
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest

from seglab.cli import main
from seglab.errors import InputError
from seglab.grading import jobs, planning, runner
from seglab.grading.course import Course
from seglab.grading.records import audit, cell_changes
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from graded import quick_gradebooks  # noqa: F401

pytestmark = pytest.mark.usefixtures("quick_gradebooks")

WRONG = {"q1": "def double(x):\n    return abs(2 * x)", "q2": "def squares(n):\n    return [0] * n"}
BY_HAND = {"q3": 4.0, "q4": 2.0, "q6": 1.0}


class Here(Executor):
    """Grades in this process, whose zygote stays warm for all tests."""

    def submit(self, function, *args):
        future = Future()
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)
        return future


def grade(folder, **options):
    return runner.grade(Course(folder), "ps1", executor=Here(), allow_weak=True, **options)


def write(folder):
    """A class of two: `ann` has all tests right, `bob` fails one and a half; a person has graded the rest."""
    any_course.make(folder)
    any_course.hand_in(folder, "ann", any_course.RIGHT)
    any_course.hand_in(folder, "bob", {**any_course.RIGHT, **WRONG})
    grade(folder)
    with open_gradebook(Course(folder)) as book:
        for student in ("ann", "bob"):
            for question, points in BY_HAND.items():
                row = book.find_grade(question, "basics", "ps1", student)
                row.manual_score, row.needs_manual_grade = points, False
            book.find_comment("q3", "basics", "ps1", student).manual_comment = f"Which two, {student}?"
            book.find_grade("q1-positive", "basics", "ps1", student).extra_credit = 0.5
        book.db.commit()


@pytest.fixture(scope="module")
def original(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = tmp_path_factory.mktemp("changed") / "course"
    write(folder)
    yield folder
    jobs.cool_down()


@pytest.fixture
def course(original, tmp_path):
    return shutil.copytree(original, tmp_path / "course")


def edit(course, change, name="basics"):
    """Change a notebook of the sheet; `change` gets its cells by id, a `dict` in order."""
    path = course / "source" / "ps1" / f"{name}.ipynb"
    notebook = json.loads(path.read_text())
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    change(cells)
    path.write_text(json.dumps({**notebook, "cells": list(cells.values())}))


def give(cells, name, points):
    cells[name]["metadata"]["nbgrader"]["points"] = points


def fix_test(cells):
    cells["q1-negative"]["source"] = "assert double(-3) in (-6, 6)"


def more_points(cells):
    give(cells, "q1-positive", 4)


def fewer_points_of_a_partial_test(cells):
    give(cells, "q2-partial", 2)


def drop_tested(cells):
    del cells["q2"], cells["q2-partial"]


def drop_text(cells):
    del cells["q3"]


def add_question(cells):
    stub = "def triple(x):\n    ### BEGIN SOLUTION\n    return 3 * x\n    ### END SOLUTION"
    cells["q7"] = any_course.cell("q7", stub, "answer")
    cells["q7-test"] = any_course.cell("q7-test", "assert triple(2) == 6", "test", 2)


def fix_typos(cells):
    cells["title"]["source"] = "# Problem set one"
    cells["q6"]["source"] = "Draw something nice."
    cells["q2-partial"]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "run by the author"}]


# Worked by hand. At first: tests 8 and 5.5 (ann, bob), by hand 7, extra credit 0.5; maximum 16.
CASES = {
    fix_test: ((15.5, 14.0), 16.0, ()),
    drop_tested: ((12.5, 11.5), 13.0, ()),
    # Nobody was asked, so a person looks; where an answer is missing, at all tests that bob has failed.
    add_question: ((15.5, 13.0), 18.0, ("q7-test", "q1-negative", "q2-partial")),
}


def read(course):
    """What the gradebook says: scores, the maximum, who waits for what, and what persons gave."""
    rows = any_course.read_gradebook(course)
    scores = tuple(row["totals"][0] for row in rows.values())
    waiting = {cell for row in rows.values() for (_, cell), grade in row["grades"].items() if grade[2]}
    by_hand = {student: {cell: grade[1] for (_, cell), grade in row["grades"].items()} for student, row in rows.items()}
    comments = {student: row["comments"].get(("basics", "q3")) for student, row in rows.items()}
    return scores, rows["ann"]["totals"][1], waiting, by_hand, comments


def points_of_tests(course):
    """Points of all tests, by student and cell."""
    return {
        (student, cell): grade[0]
        for student, row in any_course.read_gradebook(course).items()
        for (_, cell), grade in row["grades"].items()
    }


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_the_notebook_that_changed_runs_and_what_persons_gave_stays(course, change):
    scores, most, waiting = CASES[change]
    edit(course, change)
    summary = grade(course)
    assert (summary.ran, summary.errors) == (2, [])
    found = read(course)
    assert found[:3] == (scores, most, set(waiting))
    for student, given in found[3].items():
        assert {name: given[name] for name in BY_HAND} == BY_HAND
        assert found[4][student] == f"Which two, {student}?"
    assert [(row["score"], row["max_score"]) for row in summary.students] == [(score, most) for score in scores]
    log = [json.loads(line) for line in (course / ".seglab" / "audit.jsonl").read_text().splitlines()]
    (changed,) = [entry for entry in log if entry["event"] == "sheet_changed"]
    assert changed["old"] != changed["new"] and changed["changes"]
    told = {entry["student"]: (entry["old"], entry["new"]) for entry in log if entry["event"] == "score_changed"}
    before = {"ann": [15.5, 16.0], "bob": [13.0, 16.0]}  # a person gave points since the last grading
    now = {student: [score, most] for student, score in zip(before, scores, strict=True)}
    assert told == {student: (before[student], now[student]) for student in now if now[student] != before[student]}
    assert audit.check(course / ".seglab" / "audit.jsonl") == []


def test_what_did_not_run_again_is_what_a_fresh_grading_gives(course):
    def change(cells):
        for each in (more_points, fewer_points_of_a_partial_test, drop_text, fix_typos):
            each(cells)

    edit(course, change)
    assert grade(course).ran == 0
    assert read(course)[:3] == ((12.5, 11.0), 12.0, set())  # bob's 1.5 of 3 are 1.5 of 2, his extra credit stays
    results = [json.loads(path.read_text()) for path in course.glob(".seglab/jobs/ps1/*/result.json")]
    assert sorted((result["score"], result["max_score"]) for result in results) == [(2, 2), (5.5, 7), (7, 7)]
    regraded = points_of_tests(course)
    for path in ("autograded", ".seglab/jobs"):
        shutil.rmtree(course / path)
    (course / "gradebook.db").unlink()
    assert grade(course).ran == 3
    assert points_of_tests(course) == regraded


def test_what_a_dropped_question_got_is_kept_and_comes_back_with_it(course):
    before = read(course)
    source = course / "source" / "ps1" / "basics.ipynb"
    content = source.read_bytes()
    edit(course, drop_text)
    grade(course)
    lines = cell_changes.history_path(Course(course), "ps1").read_text().splitlines()
    kept = {(line["student"], line["what"]): line for line in map(json.loads, lines)}
    assert len(kept) == 4
    assert (kept["bob", "grade"]["manual_score"], kept["bob", "grade"]["max_score"]) == (4.0, 5.0)
    assert kept["bob", "comment"]["manual_comment"] == "Which two, bob?"
    source.write_bytes(content)
    assert grade(course).ran == 0
    assert read(course) == (*before[:2], {"q3"}, *before[3:])  # a person looks whether it still holds


def test_question_that_is_dropped_still_runs_for_those_after_it(course):
    def drop_first(cells):
        del cells["q1"], cells["q1-positive"], cells["q1-negative"]

    uses = "def squares(n):\n    return [double(i) * i // 2 for i in range(n)]"
    any_course.hand_in(course, "bob", {**any_course.RIGHT, "q2": uses})
    assert grade(course).ran == 1
    edit(course, drop_first)
    assert grade(course).ran == 2
    points = points_of_tests(course)
    assert points["bob", "q2-partial"] == 3.0 and ("bob", "q1-positive") not in points


def test_points_by_hand_wait_again_only_where_what_was_graded_has_changed(course):
    def change(cells):
        fix_typos(cells)
        give(cells, "q3", 10)

    edit(course, change)
    assert grade(course).ran == 0
    assert read(course)[:3] == ((15.5, 13.0), 21.0, {"q3"})


def test_changes_reach_all_although_one_is_graded(course):
    edit(course, drop_tested)
    grade(course, students=["ann"])
    log = [json.loads(line) for line in (course / ".seglab" / "audit.jsonl").read_text().splitlines()]
    told = {entry["student"]: (entry["old"], entry["new"]) for entry in log if entry["event"] == "score_changed"}
    assert told["bob"] == ([13.0, 16.0], [11.5, 13.0])
    changes = [entry["changes"] for entry in log if entry["event"] == "sheet_changed"]
    assert changes == [["basics: q2 is dropped", "basics: q2-partial (3 points) is dropped"]]


def test_renamed_notebook_keeps_all_and_a_new_one_gets_its_rows(course):
    before = read(course)
    folder = course / "source" / "ps1"
    (folder / "files.ipynb").rename(folder / "tables.ipynb")
    summary = grade(course)
    assert (summary.ran, read(course)) == (0, before)
    more = any_course.notebook([any_course.cell("q9", "assert True", "test", 1)])
    (folder / "more.ipynb").write_text(json.dumps(more))
    summary = grade(course)
    assert read(course)[1] == 17.0
    assert ("more", "q9") in any_course.read_gradebook(course)["bob"]["grades"]


def test_lost_notebook_stops_the_grading_and_loses_nothing(course):
    before = read(course)
    (course / "source" / "ps1" / "files.ipynb").unlink()
    with pytest.raises(InputError, match=r"lost the notebook 'files'.*Put .*files.ipynb back"):
        grade(course)
    assert read(course) == before


def test_plan_says_what_would_run_and_writes_nothing(course, capsys):
    def files():
        return {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}

    def planned():
        found = planning.plan(Course(course), "ps1", allow_weak=True)
        return found.jobs, [(row["run"], row["can_change"]) for row in found.students], found.sheet_changes

    edit(course, more_points)
    assert planned() == (0, [([], True)] * 2, ["basics: q1-positive gives 4 points, not 2"])
    edit(course, fix_test)
    before = files()
    lines = ["q1-positive gives 4 points, not 2", "q1-negative: the test has changed"]
    assert planned() == (2, [(["basics"], True)] * 2, [f"basics: {line}" for line in lines])
    assert main(["grade", "ps1", "--dry-run", "--allow-weak-sandbox", "--course", str(course)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *(f"CHANGED  basics: {line}" for line in lines),
        "ann                  would run: basics",
        "bob                  would run: basics",
        "2 submissions, 2 would run, 2 scores can change; nothing was done",
    ]
    assert files() == before
    grade(course)
    assert planned() == (0, [([], False)] * 2, [])
