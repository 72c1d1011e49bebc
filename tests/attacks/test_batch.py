"""Hostile submissions among honest ones: the batch ends, and everybody gets what is theirs in nbgrader's own places."""

import json
import pickle
import sys
from pathlib import Path

import any_course
import nbgrader.api
import pytest
from hostile.artifacts import Runs

from seglab.grading import runner
from seglab.grading.course import Course

SECRET = "SECRET-OF-THE-INSTRUCTOR"
SCRIPT = '<script>alert("hostile")</script><img src=x onerror=alert("hostile")>'
HONEST = 8.0  # q1 three, q2 three, q5 two; the rest a person grades
QUICK = {"call_seconds": 2, "cell_seconds": 4, "notebook_seconds": 40, "memory_mb": 512}


def links_to_secrets(course, folder):
    """Hands in symbolic links: to a secret, to the course, and in place of a file of the sheet."""
    (folder / "passwd.txt").symlink_to(course / "secret.txt")
    (folder / "all").symlink_to(course)
    (folder / "numbers.txt").symlink_to(course / "secret.txt")


def replaces_the_notebook_by_a_link(course, folder):
    """Hands in a link in place of its notebook: to the source, with all answers."""
    (folder / "basics.ipynb").unlink()
    (folder / "basics.ipynb").symlink_to(course / "source" / "ps1" / "basics.ipynb")


def brings_results(course, folder):
    """Hands in files under the names of the grader's own, some of them pickles that run commands."""
    for name in ("result.json", "result.jsonl", "job.json", "master.ipynb", "started", "gradebook.db"):
        (folder / name).write_bytes(pickle.dumps(Runs()))


def nests_its_notebook(course, folder):
    """Hands in a notebook nested 3,000 deep."""
    (folder / "basics.ipynb").write_text('{"cells": ' * 3_000)


def fills_a_line(course, folder):
    """Hands in an output of 30 MB on one line."""
    content = json.loads((folder / "basics.ipynb").read_text())
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (30 << 20)}]
    (folder / "basics.ipynb").write_text(json.dumps(content))


def leaves_markup(course, folder):
    """Hands in scripts: in its text, its outputs and its errors."""
    content = json.loads((folder / "basics.ipynb").read_text())
    for cell in content["cells"]:
        if cell["id"] == "q1":
            cell["source"] = f"def double(x):\n    raise ValueError({SCRIPT!r})"
        if cell["id"] in ("q3", "title"):
            cell["source"] += f"\n\n{SCRIPT}"
        elif cell["cell_type"] == "code":
            data = {"text/html": SCRIPT, "application/javascript": 'alert("hostile")'}
            cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    (folder / "basics.ipynb").write_text(json.dumps(content))


CHANGES = {
    each.__name__.replace("_", "-"): each
    for each in (
        links_to_secrets,
        replaces_the_notebook_by_a_link,
        brings_results,
        nests_its_notebook,
        fills_a_line,
        leaves_markup,
    )
}
ANSWERS = {
    "exits": {"q1": "import os\nos._exit(0)"},
    "exits-later": {"q1": "import os\ndef double(x):\n    os._exit(0)"},
    "loops": {"q2": "def squares(n):\n    while True:\n        pass"},
    "writes-the-gradebook": {
        "q1": "import sqlite3\ndef double(x):\n    book = sqlite3.connect(BOOK)\n"
        "    book.execute('update grade set manual_score = 99')\n    book.commit()\n    return 2 * x"
    },
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course after its grading: `(folder, summary, gradebook)`."""
    course = any_course.make(tmp_path_factory.mktemp("course"))
    (course / "secret.txt").write_text(SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")  # nbgrader looks for alembic there
        version = nbgrader.api.get_alembic_version()
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
        for student in ("ann", "zoe"):
            any_course.hand_in(course, student, any_course.RIGHT)
        for student, change in CHANGES.items():
            change(course, any_course.hand_in(course, student, any_course.RIGHT))
        for student, answers in ANSWERS.items():
            path = repr(str(course / "gradebook.db"))
            known = {name: text.replace("BOOK", path) for name, text in answers.items()}
            any_course.hand_in(course, student, {**any_course.RIGHT, **known})
        summary = runner.grade(Course(course), "ps1", workers=1, settings=QUICK)
        yield course, summary, any_course.read_gradebook(course)


def automatic(book, student):
    """Points that no person gave."""
    return sum(grade[0] or 0 for grade in book[student]["grades"].values())


def test_the_batch_completes_and_honest_students_have_their_points(graded):
    _, summary, book = graded
    everybody = {"ann", "zoe", *CHANGES, *ANSWERS}
    mentioned = {entry["student"] for entry in (*summary.students, *summary.queue)}
    assert mentioned == everybody, summary.errors
    assert automatic(book, "ann") == automatic(book, "zoe") == HONEST


@pytest.mark.parametrize("student", [*CHANGES, *ANSWERS])
def test_no_submission_has_more_than_its_twin(graded, student):
    _, summary, book = graded
    waiting = {entry["student"] for entry in summary.queue}
    assert student in book or student in waiting
    if student in book:
        assert automatic(book, student) <= HONEST
        assert all(grade[1] is None for grade in book[student]["grades"].values())


@pytest.mark.parametrize(
    "student, points", [("exits", 5), ("exits-later", 5), ("leaves-markup", 5), ("loops", 5), ("brings-results", 8)]
)
def test_other_answers_of_a_hostile_submission_keep_their_points(graded, student, points):
    assert automatic(graded[2], student) == points


def test_what_links_lead_to_is_copied_nowhere(graded):
    course, summary, _ = graded
    copies = [
        path for path in course.rglob("*") if path.is_file() and not path.is_symlink() and path.name != "secret.txt"
    ]
    assert not [path for path in copies if "submitted" not in path.parts and SECRET.encode() in path.read_bytes()]
    linked = "replaces-the-notebook-by-a-link"
    assert linked in {entry["student"] for entry in summary.queue} or automatic(graded[2], linked) <= 2


def test_feedback_carries_no_markup_of_students(graded):
    course, _, book = graded
    assert "leaves-markup" in book
    any_course.nbgrader(course, "generate_feedback", "ps1", "--student=leaves-markup")
    pages = [path.read_text() for path in (course / "feedback" / "leaves-markup").rglob("*.html")]
    assert len(pages) == 2 and any("hostile" in page for page in pages)
    for page in pages:
        assert '<script>alert("hostile")' not in page and "<img src=x" not in page and "<img src='x" not in page
        assert 'alert("hostile")</script>' not in page
