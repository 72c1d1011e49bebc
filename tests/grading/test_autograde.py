"""Submissions of a small sheet go through the real nbgrader."""

import json
import shutil
from pathlib import Path

import pytest

from seglab.authoring import notebooks
from seglab.authoring.release import release
from seglab.errors import InputError
from seglab.grading.autograde import _errors_in, autograde_submissions

ROOT = Path(__file__).parents[2]
SHEET = "mini"


def cell(kind, name, source, role=None, points=None):
    metadata = notebooks.graded_metadata(name, role, points) if role else {}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source}


def mini_sheet():
    """One autograded question of 3 points and a manual one of 10."""
    answer = (
        "def double(x):\n"
        '    """Return twice `x`."""\n'
        "    ### BEGIN SOLUTION\n    twice = 2 * x\n    return twice\n    ### END SOLUTION"
    )
    visible = 'with seglab.check("q1"):\n    assert double(1) == 2, "double(1) must be 2"\n'
    hidden = "### BEGIN HIDDEN TESTS\nfor value in np.random.default_rng(1).integers(3, 99, 5):\n"
    hidden += "    assert double(value) == 2 * value\n### END HIDDEN TESTS"
    negative = "# Negative numbers\n### BEGIN HIDDEN TESTS\nassert double(-3) == -6\n### END HIDDEN TESTS"
    cells = [
        cell("markdown", "title", f"# Mini\n\n{notebooks.badge(f'solutions/{SHEET}/{SHEET}.ipynb')}"),
        cell("code", "setup", notebooks.SETUP_CELL),
        cell("markdown", "q1-heading", "### Question 1 - Twice (3 points)"),
        cell("code", "q1-double", answer, "answer"),
        cell("code", "q1-double-test-positive", visible + hidden, "test", 2),
        cell("code", "q1-double-test-negative", negative, "test", 1),
        cell("markdown", "q2-heading", "### Question 2 - Report (10 points, manual)"),
        cell("markdown", "q2-report", "The reference report.", "manual", 10),
    ]
    return notebooks.clean({"cells": cells})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "grader_config.py", folder)
    source = folder / "solutions" / SHEET
    source.mkdir(parents=True)
    notebooks.write(mini_sheet(), source / f"{SHEET}.ipynb")
    release(SHEET, course_dir=folder)
    return folder


def hand_in(course, folder, change=lambda notebook: None):
    """Write a student's copy of the released sheet after `change` has edited it."""
    notebook = notebooks.read(course / "labs" / SHEET / f"{SHEET}.ipynb")
    change({cell["id"]: cell for cell in notebook["cells"]})
    folder.mkdir(parents=True)
    notebooks.write(notebook, folder / f"{SHEET}.ipynb")
    return folder


def answer_with(expression, report=None):
    def change(cells):
        stub = cells["q1-double"]
        stub["source"] = stub["source"].split("    # YOUR CODE HERE")[0] + f"    return {expression}"
        if report:
            cells["q2-report"]["source"] = report

    return change


def damage(cells):
    cells["q1-double"]["metadata"]["nbgrader"]["schema_version"] = 1


@pytest.fixture(scope="module")
def results(course, tmp_path_factory):
    handed_in = tmp_path_factory.mktemp("handed_in")
    empty = handed_in / "eve"
    empty.mkdir()
    submissions = {
        "ann": hand_in(course, handed_in / "ann", answer_with("2 * x", report="What I saw.")),
        "bad": hand_in(course, handed_in / "bad", damage),
        "bob": hand_in(course, handed_in / "bob", answer_with("abs(2 * x)")),
        "cyd": hand_in(course, handed_in / "cyd"),
        "dan": hand_in(course, handed_in / "dan", answer_with("__import__('os')._exit(1)")),
        "eve": empty,
    }
    work_dir = tmp_path_factory.mktemp("work")
    found = autograde_submissions(course, SHEET, submissions, work_dir)
    assert [result["student"] for result in found] == list(submissions)
    return {result["student"]: result for result in found}


def test_right_answer_gets_all_points_and_waits_for_the_manual_ones(results):
    assert results["ann"] == {
        "student": "ann",
        "score": 3.0,
        "max_score": 3.0,
        "manual_max": 10.0,
        "questions": {
            "q1-double-test-positive": (2.0, 2.0),
            "q1-double-test-negative": (1.0, 1.0),
            "q2-report": (None, 10.0),
        },
        "needs_manual": True,
        "error": None,
    }


def test_mistake_loses_its_own_test_only(results):
    assert results["bob"]["score"] == 2.0
    assert results["bob"]["questions"]["q1-double-test-negative"] == (0.0, 1.0)


def test_untouched_sheet_gets_nothing_and_needs_nobody(results):
    assert (results["cyd"]["score"], results["cyd"]["needs_manual"]) == (0.0, False)
    assert results["cyd"]["questions"]["q2-report"] == (0.0, 10.0)


def test_damaged_notebook_stops_nobody_else(results):
    assert "old version" in results["bad"]["error"]
    assert (results["bad"]["score"], results["bad"]["max_score"], results["bad"]["questions"]) == (0.0, 3.0, {})
    assert all(results[student]["error"] is None for student in ("ann", "bob", "cyd"))


def test_dead_kernel_stops_nobody_else(results):
    assert "Kernel died" in results["dan"]["error"]


def test_log_of_nbgrader_tells_the_students_apart():
    log = (
        "[App | ERROR] There was an error processing assignment: /w/submitted/ann/mini\n"
        "[App | ERROR] Traceback (most recent call last):\nKeyError: 'x'\nValueError: y\n"
        "[App | ERROR] While processing assignment /w/submitted/bob-2/mini, the kernel became unresponsive and we\n"
        "[App | ERROR] There was an error processing assignment 'mini' for student 'ann'\n"
    )
    assert _errors_in(log, "mini") == {"ann": "KeyError: 'x'", "bob-2": "the kernel hung and could not be interrupted"}


def test_missing_notebook_is_an_error_of_that_student(results):
    assert results["eve"]["error"] == "handed in no mini.ipynb"


def test_the_course_itself_stays_as_it_was(course, results):
    assert sorted(path.name for path in course.iterdir()) == ["grader_config.py", "labs", "solutions"]


def test_submission_metadata_survives_as_json(course):
    stamp = json.loads((course / "labs" / SHEET / f"{SHEET}.ipynb").read_text())["metadata"]["seglab"]
    assert stamp["sheet"] == SHEET


@pytest.mark.parametrize(
    ("submissions", "message"),
    [({"a/b": "."}, "cannot be a student's name"), ({"ann": "nowhere"}, "nowhere, which is no folder")],
)
def test_bad_submissions_are_refused_before_anything_runs(course, tmp_path, submissions, message):
    with pytest.raises(InputError, match=message):
        autograde_submissions(course, SHEET, submissions, tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_unknown_sheet_lists_the_known_ones(course, tmp_path):
    with pytest.raises(InputError, match="Sheets: mini"):
        autograde_submissions(course, "other", {"ann": str(tmp_path)}, tmp_path / "work")


def test_work_dir_must_be_empty(course, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="must be an empty folder"):
        autograde_submissions(course, SHEET, {"ann": str(tmp_path)}, tmp_path)
