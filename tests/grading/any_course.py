"""A small course of nobody in particular, with everything that instructors rely on in nbgrader."""

import json
import os
import subprocess
import sys
from pathlib import Path

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "vision101"
c.AssignLatePenalties.plugin_class = "late_policy.OnePointPerHour"
c.Execute.timeout = 20
"""

LATE_POLICY = """
from nbgrader.plugins import BasePlugin


class OnePointPerHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return round(total_seconds_late / 3600)
"""

SETUP = "import numpy as np"
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
POSITIVE = """assert double(1) == 2, "double(1) must be 2"
### BEGIN HIDDEN TESTS
for value in np.random.default_rng(1).integers(3, 99, 5):
    assert double(int(value)) == 2 * int(value)
### END HIDDEN TESTS"""
NEGATIVE = "### BEGIN HIDDEN TESTS\nassert double(-3) == -6\n### END HIDDEN TESTS"
SQUARES = "def squares(n):\n    ### BEGIN SOLUTION\n    return [i * i for i in range(n)]\n    ### END SOLUTION"
PARTIAL = """points = 0.0
points += 1.5 * (len(squares(4)) == 4)
points += 1.5 * (list(squares(4)) == [0, 1, 4, 9])
points"""
MEAN = """def mean_of(path):
    ### BEGIN SOLUTION
    return float(np.loadtxt(path).mean())
    ### END SOLUTION"""
MEAN_TEST = 'assert abs(mean_of("numbers.txt") - 2.0) < 1e-6, "the mean must be 2"'

RIGHT = {
    "q1": "def double(x):\n    return 2 * x",
    "q2": "def squares(n):\n    return [i * i for i in range(n)]",
    "q3": "I saw **two** things.",
    "q4": "plot = 'drawn'",
    "q5": "def mean_of(path):\n    return float(np.loadtxt(path).mean())",
}


def cell(name, source, role=None, points=None, kind="code"):
    """One cell of a source notebook; roles as nbgrader's interface names them."""
    metadata = {}
    if role:
        metadata["nbgrader"] = {
            "grade": role in ("test", "manual"),
            "grade_id": name,
            "locked": role in ("test", "task"),
            "schema_version": 3,
            "solution": role in ("answer", "manual"),
            "task": role == "task",
            **({} if points is None else {"points": points}),
        }
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook(cells):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def basics():
    return notebook(
        [
            cell("title", "# Problem set 1", kind="markdown"),
            cell("setup", SETUP),
            cell("q1", DOUBLE, "answer"),
            cell("q1-positive", POSITIVE, "test", 2),
            cell("q1-negative", NEGATIVE, "test", 1),
            cell("q2", SQUARES, "answer"),
            cell("q2-partial", PARTIAL, "test", 3),
            cell("q3", "The reference text.", "manual", 5, kind="markdown"),
            cell("q4", "### BEGIN SOLUTION\nplot = 'reference'\n### END SOLUTION", "manual", 2),
            cell("q6", "Draw something.", "task", 1, kind="markdown"),
        ]
    )


def files():
    return notebook(
        [cell("setup", SETUP), cell("q5", MEAN, "answer"), cell("q5-mean", MEAN_TEST, "test", 2)],
    )


def make(folder, *, config=CONFIG):
    """Write a course with one sheet of two notebooks and a file."""
    source = Path(folder) / "source" / "ps1"
    source.mkdir(parents=True)
    Path(folder, "nbgrader_config.py").write_text(config)
    Path(folder, "late_policy.py").write_text(LATE_POLICY)
    for name, content in (("basics", basics()), ("files", files())):
        (source / f"{name}.ipynb").write_text(json.dumps(content))
    (source / "numbers.txt").write_text("1\n2\n3\n")
    return Path(folder)


def stub_of(source):
    """What students get of an answer: nbgrader's rule for the cells above."""
    lines, inside = [], False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + "# YOUR CODE HERE", indent + "raise NotImplementedError()"]
            inside = True
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def hand_in(course, student, answers, *, names=("basics", "files"), timestamp=None, change=None):
    """Write a submission: the source as students get it, with some answers.

    Args:
        course: The course's folder.
        student: Name of the student.
        answers: `dict` from `grade_id` to text; stubs stay where there is none.
        names: Which notebooks are handed in.
        timestamp: Content of `timestamp.txt`.
        change: Function that gets each notebook as `dict` before it is written.
    """
    folder = Path(course) / "submitted" / student / "ps1"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        content = {"basics": basics, "files": files}[name]()
        for each in content["cells"]:
            role = each["metadata"].get("nbgrader", {})
            if role.get("solution"):
                stub = "YOUR ANSWER HERE" if each["cell_type"] == "markdown" else stub_of(each["source"])
                each["source"] = answers.get(each["id"], stub)
            elif role.get("grade"):
                each["source"] = each["source"].split("### BEGIN HIDDEN TESTS")[0].rstrip("\n")
        if change is not None:
            change(content)
        (folder / f"{name}.ipynb").write_text(json.dumps(content))
    if timestamp is not None:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def nbgrader(course, *arguments):
    """Run the real nbgrader in a course."""
    environment = dict(os.environ, PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def read_gradebook(course):
    """Everything that the gradebook says of the sheet's submissions, comparable between courses."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(f"sqlite:///{Path(course) / 'gradebook.db'}", "vision101") as book:
        for row in book.assignment_submissions("ps1"):
            grades = {
                (notebook.name, grade.name): (
                    grade.auto_score,
                    grade.manual_score,
                    grade.needs_manual_grade,
                    grade.score,
                )
                for notebook in row.notebooks
                for grade in notebook.grades
            }
            comments = {
                (notebook.name, comment.name): comment.comment
                for notebook in row.notebooks
                for comment in notebook.comments
            }
            totals = (row.score, row.max_score, row.late_submission_penalty, row.needs_manual_grade, str(row.timestamp))
            found[row.student.id] = {"grades": grades, "comments": comments, "totals": totals}
    return found
