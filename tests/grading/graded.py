"""A course after its grading, with verdicts that no judge had to give."""

import hashlib
import json
import sys
from pathlib import Path

import nbgrader.api
import pytest

from seglab.grading.course import Course
from seglab.grading.records import gradebook, review
from seglab.grading.submissions import Sheet

FULL = {"q1-positive": (2.0, 2, None), "q1-negative": (1.0, 1, None), "q2-partial": (3.0, 3, None)}
MEAN = {"q5-mean": (2.0, 2, None)}
HIDDEN = "a hidden test failed"
HALF = {**FULL, "q1-positive": (0.0, 2, "double(1) must be 2"), "q1-negative": (0.0, 1, HIDDEN)}
HALF["q2-partial"] = (1.5, 3, None)


class Job:
    """Stands in for a job that was run."""

    def __init__(self, key):
        self.key = key


@pytest.fixture(scope="module")
def programs():
    """What nbgrader calls when it makes a gradebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
        version = nbgrader.api.get_alembic_version()
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
        yield


def merge(folder, verdicts, doubts=None):
    """Write grades as `seglab grade` does.

    Args:
        folder: The course's folder.
        verdicts: `dict` from student to `dict` from notebook to `dict` from test to `(points, most, error)`.
        doubts: `dict` from `(student, notebook)` to reasons.

    Returns:
        The queue.
    """
    course = Course(folder)
    sheet = Sheet(course, "ps1")
    submissions = []
    for student, books in verdicts.items():
        submission = sheet.read(student)
        for name, tests in books.items():
            cells = {
                test: {"points": points, "max": most, "kind": "AssertionError" if error else None, "error": error}
                for test, (points, most, error) in tests.items()
            }
            result = {"cells": cells, "error": None}
            key = hashlib.sha256(f"{student} {name} {tests}".encode()).hexdigest()
            job = course.root / ".seglab" / "jobs" / "ps1" / key
            job.mkdir(parents=True, exist_ok=True)
            (job / "result.json").write_text(json.dumps(result))
            submission.notebooks[name].job, submission.notebooks[name].result = Job(key), result
            submission.notebooks[name].doubts += (doubts or {}).get((student, name), [])
        submissions.append(submission)
    outcomes = gradebook.merge(course, sheet, submissions)
    return review.update_queue(course, "ps1", [entry for each in outcomes for entry in each.queue], set(verdicts))
