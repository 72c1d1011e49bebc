"""A clean lesson and a clean sheet in a course of their own; tests plant one fault each."""

import shutil
from pathlib import Path

import pytest

from seglab.authoring import bibliography, notebooks
from seglab.authoring.release import release

ROOT = Path(__file__).parents[2]

TITLE = """\
# {title}

{badge}

**How large is twice a number?**

After this you can

- say what twice means
- write a function
- test it

**Time:** 5 min; runs in 1 s on a CPU and on a T4."""

BIBLIOGRAPHY = """\
[Author2000]
authors = ["Author, Ann"]
title = "Twice: A Study"
venue = "CVPR"
year = 2000
"""
CITED = "- [Author2000] Ann Author, *Twice: A Study*, CVPR 2000"

ANSWER = '''\
def double(x):
    """Return twice `x`."""
    ### BEGIN SOLUTION
    twice = 2 * x
    return twice
    ### END SOLUTION'''

VISIBLE_AND_HIDDEN = """\
with seglab.check("q1"):
    assert double(1) == 2, "double(1) must be 2"
### BEGIN HIDDEN TESTS
for value in np.random.default_rng(1).integers(3, 99, 5):
    assert double(value) == 2 * value
### END HIDDEN TESTS"""

HIDDEN = """\
# Negative numbers
### BEGIN HIDDEN TESTS
assert double(-3) == -6
### END HIDDEN TESTS"""


def cell(kind, name, source, role=None, points=None):
    metadata = notebooks.graded_metadata(name, role, points) if role else {}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source}


def opening(title, path):
    return [
        cell("markdown", "title", TITLE.format(title=title, badge=notebooks.badge(path))),
        cell("code", "setup", notebooks.SETUP_CELL),
    ]


class Course:
    """A folder with `grader_config.py`, a lesson and a sheet, which tests edit and write again."""

    lesson = "course/week01_double.ipynb"
    sheet = "solutions/ex01_double/ex01_double.ipynb"

    def __init__(self, folder):
        self.folder = folder
        shutil.copy(ROOT / "grader_config.py", folder)
        for path in (self.lesson, self.sheet):
            (folder / path).parent.mkdir(parents=True)
        self.path("docs").mkdir()
        self.path(bibliography.PATH).write_text(BIBLIOGRAPHY)
        self.write(self.lesson, self._lesson())
        self.write(self.sheet, self._sheet())

    def path(self, name):
        return self.folder / name

    def read(self, name):
        return notebooks.read(self.path(name))

    def write(self, name, notebook):
        notebooks.write(notebook, self.path(name))

    def edit(self, name, change):
        """Apply `change(notebook, cells by id)` to a notebook and write it."""
        notebook = self.read(name)
        change(notebook, {cell["id"]: cell for cell in notebook["cells"]})
        self.write(name, notebook)

    def replace(self, name, cell_id, old, new):
        """Replace text in one cell, which must hold it."""

        def change(notebook, cells):
            assert old in cells[cell_id]["source"]
            cells[cell_id]["source"] = cells[cell_id]["source"].replace(old, new)

        self.edit(name, change)

    def _lesson(self):
        cells = opening("Week 1 - Twice", self.lesson)
        cells += [cell("markdown", "predict", "## See\n\n**Predict:** what is twice 3?")]
        words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
        for word in words:
            cells += [cell("markdown", f"say-{word}", f"Now {word}."), cell("code", f"show-{word}", "2 * 3")]
        cells += [
            cell("markdown", "break-it", "## Break it\n\nA known bug."),
            cell("code", "broken", "np.uint8(200) + np.uint8(100)"),
            cell("markdown", "sources", f"## Summary\n\nSeen.\n\n## Sources\n\n{CITED}."),
        ]
        return notebooks.clean({"cells": cells})

    def _sheet(self):
        cells = [
            *opening("Exercise 1 - Twice", self.sheet),
            cell("markdown", "q1-heading", "### Question 1 - Twice (3 points)\n\n`double(2)` is 4."),
            cell("code", "q1-double", ANSWER, "answer"),
            cell("code", "q1-double-test-positive", VISIBLE_AND_HIDDEN, "test", 2),
            cell("code", "q1-double-test-negative", HIDDEN, "test", 1),
            cell("markdown", "q2-heading", "### Question 2 - Report (10 points, manual)\n\nSay what you saw."),
            cell("markdown", "q2-report", "The reference report, one line.", "manual", 10),
        ]
        return notebooks.clean({"cells": cells})


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """A course whose sheet has been released, with a file beside the notebook."""
    course = Course(tmp_path_factory.mktemp("released"))
    course.path("solutions/ex01_double/table.csv").write_text("class,color\n")
    release("ex01_double", course_dir=course.folder)
    return course
