"""A course after its grading, with verdicts that no judge had to give."""

import base64
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

import nbgrader.api
import pytest

from seglab.grading.course import Course
from seglab.grading.records import gradebook, review
from seglab.grading.records.templates import open_gradebook
from seglab.grading.submissions import Sheet

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from test_markup import ATTACKS

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
def quick_gradebooks():
    """Spare each gradebook the program that nbgrader asks for a version number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: "of no matter here")
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


LATE, ON_TIME = "2026-01-10 14:10:00 UTC", "2026-01-10 11:00:00 UTC"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVIL = '<script>alert("hostile")</script><img src=x onerror=alert("hostile")><iframe src="//evil.example"></iframe>'
RIGHT_AND_EVIL = {
    **any_course.RIGHT,
    "q1": f"def double(x):  # </code></pre></section></main>{EVIL}\n    return 2 * x",
    "q3": "![plot](plot.png) ![far](https://evil.example/x.png) ![inside](attachment:a.png) ![svg](attachment:b.svg)\n"
    "![out](../../secret.png) ![file](file:///etc/passwd) <b onclick=alert(1)>y</b>",
}


def course_for_feedback(folder):
    """Write and grade a course: `bob` is late and half right, `hal` hostile, `ned` graded by nbgrader itself."""
    any_course.make(folder)
    with open_gradebook(Course(folder)) as book:
        book.add_assignment("ps1", duedate=datetime(2026, 1, 10, 12))
    any_course.hand_in(folder, "bob", any_course.RIGHT, timestamp=LATE)
    hal = any_course.hand_in(folder, "hal", RIGHT_AND_EVIL, timestamp=ON_TIME, change=_attach)
    (hal / "basics.ipynb").rename(hal / "<img src=x onerror=alert(1)>.ipynb")
    (hal / "plot.png").write_bytes(PNG)
    (hal / "page.html").write_text(EVIL)
    (hal / "submission_secret.txt").write_text("5ecret")
    (folder / "autograded").mkdir()
    (folder / "secret.png").write_bytes(PNG)
    any_course.hand_in(folder, "ned", any_course.RIGHT)
    good = {"basics": FULL, "files": MEAN}
    by_nbgrader = {"basics": {**FULL, "q1-negative": (0.0, 1, HIDDEN)}, "files": MEAN}
    merge(folder, {"bob": {"basics": HALF, "files": MEAN}, "hal": good, "ned": by_nbgrader})
    _as_nbgrader_leaves_it(folder / "autograded" / "ned" / "ps1" / "basics.ipynb")
    return folder


def _attach(notebook):
    """Give an answer attachments, and hand in cells of every hostile kind."""
    svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
    for cell in notebook["cells"]:
        if cell["id"] == "q3":
            picture = {"image/png": base64.b64encode(PNG).decode()}
            cell["attachments"] = {"a.png": picture, "b.svg": {"image/svg+xml": svg, "image/png": svg}}
    texts = [EVIL, "# A heading\n\n#### Another", "x" * 10, "</main>" * 9, "> " * 3000, "# \udcff\x00\x1b[31m"]
    notebook["cells"] += [
        {"cell_type": "markdown", "id": f"evil{number}", "metadata": {}, "source": text}
        for number, text in enumerate([*texts, *ATTACKS])
    ]


def _as_nbgrader_leaves_it(path):
    """Put outputs into a graded notebook as the student's process may write them, hidden inputs among them."""
    notebook = json.loads(path.read_bytes())
    notebook["metadata"]["seglab"] = {"key": "f" * 64}
    evil = {"text/html": EVIL, "application/javascript": "alert(1)", "image/svg+xml": EVIL}
    fake = {"image/png": base64.b64encode(EVIL.encode()).decode(), "text/plain": EVIL}
    real = {"image/png": base64.b64encode(PNG).decode(), "text/plain": "<Figure>"}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name == "q1-negative":
            trace = ["\x1b[31mdouble(-3) == -6\x1b[0m", "AssertionError: saw -3"]
            failed = {"output_type": "error", "ename": "AssertionError", "evalue": "saw -3", "traceback": trace}
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "argument -3"}, failed]
        elif name == "q4":
            cell["outputs"] = [
                {"output_type": "display_data", "data": data, "metadata": {}} for data in (evil, fake, real)
            ] + [{"output_type": "stream", "name": "stdout", "text": [f"\x1b]0;x\x07{EVIL}"]}]
    path.chmod(0o644)
    path.write_text(json.dumps(notebook))
