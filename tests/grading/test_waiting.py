"""What waits for a person: all of it, each with its reason, and nothing that has been settled."""

import json
import sys
from pathlib import Path

import pytest

from seglab import cli
from seglab.cli import results
from seglab.errors import InputError
from seglab.grading.course import Course
from seglab.grading.records import review, waiting
from seglab.grading.records.lock import only_one
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import any_course
import graded
from graded import quick_gradebooks  # noqa: F401 - a fixture

FOUND = "q5: found by similarity only"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, quick_gradebooks):  # noqa: F811
    folder = any_course.make(tmp_path_factory.mktemp("course"))
    any_course.hand_in(folder, "ann", any_course.RIGHT)
    any_course.hand_in(folder, "bob", {})
    any_course.hand_in(folder, "eve", any_course.RIGHT)
    (any_course.hand_in(folder, "fay", any_course.RIGHT) / "files.ipynb").write_bytes(b"%PDF-1.4")
    failed = {"q5-mean": (0.0, 2, graded.HIDDEN)}
    verdicts = {
        "ann": {"basics": graded.FULL, "files": graded.MEAN},
        "bob": {"basics": graded.HALF, "files": failed},
        "eve": {"basics": graded.FULL, "files": failed},
        "fay": {"basics": graded.FULL},
    }
    graded.merge(folder, verdicts, {("eve", "files"): [FOUND]})
    return folder


def shown(folder, student):
    return [(each.notebook, each.question, each.kind) for each in rows(folder, student)]


def rows(folder, student):
    return waiting.list_waiting(Course(folder), "ps1", students=[student])


def grade(folder, student, notebook, question, **facts):
    """Do what formgrader does when a person types a number."""
    course = Course(folder)
    with open_gradebook(course) as book:
        row = book.find_grade(question, notebook, "ps1", student)
        for name, value in {"needs_manual_grade": False, **facts}.items():
            setattr(row, name, value)
        book.db.commit()


def test_manual_questions_wait_and_stubs_do_not(folder):
    assert shown(folder, "ann") == [("basics", name, "manual") for name in ("q3", "q4", "q6")]
    assert shown(folder, "bob") == [("basics", "q6", "manual")]  # nothing was written for the others


def test_doubt_on_an_answer_stands_with_its_test(folder):
    each = rows(folder, "eve")[-1]
    assert (each.notebook, each.question, each.kind, each.reason) == ("files", "q5-mean", "doubt", FOUND)
    with open_gradebook(Course(folder)) as book:
        key = book.find_submission_notebook("files", "ps1", "eve").id
    assert each.address == f"/formgrader/submissions/{key}/"


def test_reason_for_a_whole_notebook_is_told_once(folder):
    whole, test = rows(folder, "fay")[-2:]
    assert (whole.question, whole.kind) == ("", "doubt") and "unreadable" in whole.reason
    assert (test.question, test.kind, test.reason) == ("q5-mean", "no verdict", waiting.KINDS["no verdict"])


def test_command_lists_counts_and_gives_addresses(folder, capsys):
    assert cli.main(["review", "ps1", "--course", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "eve/files  /formgrader/submissions/" in out and f"q5-mean                  {FOUND}" in out
    assert "ps1: 13 to look at, of 4 students (manual 10, doubt 2, no verdict 1)" in out
    assert cli.main(["review", "--course", str(folder), "--json", "--student", "bob"]) == 0
    assert [row["question"] for row in json.loads(capsys.readouterr().out)["ps1"]] == ["q6"]


def test_open_serves_the_course_on_loopback_at_the_first_one(folder, monkeypatch, capsys):
    calls = []

    class Done:
        returncode = 0

    monkeypatch.setattr(results.subprocess, "run", lambda command, **options: calls.append((command, options)) or Done)
    assert cli.main(["review", "ps1", "--course", str(folder), "--student", "eve", "--open"]) == 0
    command, options = calls[0]
    assert options["cwd"] == folder and "--ServerApp.ip=127.0.0.1" in command
    assert f"--LabApp.default_url={rows(folder, 'eve')[0].address}" in command


def test_answer_that_changed_under_a_persons_points_says_so(folder):
    grade(folder, "ann", "basics", "q3", manual_score=4.0, needs_manual_grade=True)
    assert shown(folder, "ann")[0] == ("basics", "q3", "changed")


def test_settled_doubts_leave_the_queue(folder):
    course = Course(folder)
    assert ("eve", "files") in {(entry["student"], entry["notebook"]) for entry in review.read_queue(course, "ps1")}
    grade(folder, "eve", "files", "q5-mean", manual_score=2.0)
    with only_one(folder / ".seglab"), pytest.raises(InputError, match="is at work"):
        rows(folder, "eve")
    assert shown(folder, "eve") == [("basics", name, "manual") for name in ("q3", "q4", "q6")]
    assert [entry["student"] for entry in review.read_queue(course, "ps1")] == ["fay"]


def test_what_failed_altogether_stays(folder):
    course = Course(folder)
    entry = {"student": "gus", "sheet": "ps1", "notebook": "", "reasons": ["gus: OSError: gone"], "sha256": ""}
    review.update_queue(course, "ps1", [entry], {"gus"})
    assert shown(folder, "gus") == [("", "", "failed")]
    review.update_queue(course, "ps1", [], {"gus"})


def test_sheet_that_is_unknown_or_not_graded(tmp_path, capsys):
    any_course.make(tmp_path)
    with pytest.raises(InputError, match="has no 'ps9'"):
        waiting.list_waiting(Course(tmp_path), "ps9")
    with pytest.raises(InputError, match="run `seglab grade ps1` first"):
        waiting.list_waiting(Course(tmp_path), "ps1")
    assert cli.main(["review", "--course", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no sheet is graded yet\n"
    assert not (tmp_path / "gradebook.db").exists()
