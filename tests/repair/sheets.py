"""Small sheets of any nbgrader course: nothing in them is this project's but the format."""

import copy

from seglab.grading.repair.clearing import Clearing
from seglab.grading.repair.form import Form
from seglab.grading.repair.roles import nbgrader_metadata, role


def cell(source, kind="code", name=None, **flags):
    """A cell; with a name it gets nbgrader's metadata."""
    metadata = {}
    if name:
        flags = {"grade": False, "solution": False, "locked": False, "task": False, **flags}
        metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **flags}
    made = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | {"outputs": [], "execution_count": None} if kind == "code" else made


def answer(source, name):
    return cell(source, name=name, solution=True)


def test(source, name, points=1):
    return cell(source, name=name, grade=True, locked=True, points=points)


def essay(source, name, points=2, kind="markdown"):
    return cell(source, kind, name, grade=True, solution=True, points=points)


def book(*cells, minor=4):
    spec = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": list(cells), "metadata": spec, "nbformat": 4, "nbformat_minor": minor}


def functions():
    """Functions with given signatures, a class, a code answer for a person, two essays; ids nowhere."""
    return book(
        cell("# Homework 3\n\nRead everything before you start.", "markdown"),
        cell("import math\n\nimport numpy as np\n\nnumbers = np.arange(10)"),
        cell("## Question A\n\nWrite `mean(values)`, the mean of a list of numbers.", "markdown"),
        answer(
            'def mean(values):\n    """Mean of a list of numbers."""\n    ### BEGIN SOLUTION\n'
            "    total = 0.0\n    for value in values:\n        total += value\n    return total / len(values)\n"
            "    ### END SOLUTION",
            "mean",
        ),
        test("assert mean([1, 2, 3]) == 2\nassert mean([5]) == 5", "mean-visible"),
        test("### BEGIN HIDDEN TESTS\nassert mean([0, 1]) == 0.5\n### END HIDDEN TESTS", "mean-hidden"),
        cell("## Question B\n\nA stack with `push`, `pop` and a length.", "markdown", "stack-text", locked=True),
        answer(
            "class Stack:\n    ### BEGIN SOLUTION\n    def __init__(self):\n        self.items = []\n\n"
            "    def push(self, item):\n        self.items.append(item)\n\n    def pop(self):\n"
            "        return self.items.pop()\n\n    def __len__(self):\n        return len(self.items)\n"
            "    ### END SOLUTION",
            "stack",
        ),
        test("s = Stack()\ns.push(3)\nassert s.pop() == 3\nassert len(s) == 0, 'empty again'", "stack-test", 2),
        cell("## Question C\n\nExplain the cost of `pop`, and draw it.", "markdown"),
        essay("It is constant: the list only shortens.\n\nAmortized, that is.", "cost"),
        essay("### BEGIN SOLUTION\nprint('cost: ' + '-' * 20)\n### END SOLUTION", "drawing", kind="code"),
        cell("## Question D\n\nWhat would you do differently?", "markdown"),
        essay("Nothing: the interface is small, and every method is tested.", "differently"),
        cell("The end.", "markdown"),
    )


def variables():
    """No function is given: whole cells are the answers, all stubs are the same, tests read variables."""
    return book(
        cell("# Problem set 1", "markdown"),
        cell("%matplotlib inline\ndata = [3, 1, 2]\nlimit = 2"),
        cell("**1.** Sort `data` into `ordered`.", "markdown"),
        answer("ordered = sorted(data)\nfirst = ordered[0]", "p1"),
        test("assert ordered == [1, 2, 3]\nassert first == 1", "p1-test"),
        cell("**2.** Count what is above `limit` into `count`.", "markdown"),
        answer("count = 0\nfor item in data:\n    if item > limit:\n        count += 1", "p2"),
        test("assert count == 1\n### BEGIN HIDDEN TESTS\nassert count > 0\n### END HIDDEN TESTS", "p2-test"),
        cell("**3.** Say why sorting helps.", "markdown"),
        essay("Equal things stand together, and search is fast.", "p3"),
        cell("**4.** A task: *keep a diary* in cells below.", "markdown", "p4", task=True, locked=True, points=3),
        minor=2,
    )


def released(source):
    """What students get of a sheet, by nbgrader's rules; the ids of its form."""
    cells = []
    form = Form(source)
    for given, original in zip(form.cells, source["cells"], strict=True):
        made = copy.deepcopy(original)
        made["source"] = Clearing().visible({**original}, source=True)
        cells.append(made)
        assert made["source"] == given.visible
    return {**copy.deepcopy(source), "cells": cells}


def solved(source, release):
    """What a good student hands in: the release, with the solutions as answers; and the answers by id."""
    notebook, answers = copy.deepcopy(release), {}
    for given, theirs in zip(source["cells"], notebook["cells"], strict=True):
        if role(given) not in ("solution", "manual"):
            continue
        text = "".join(given["source"])
        lines = [line for line in text.split("\n") if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line]
        first = "".join(theirs["source"]).split("\n")[0]
        name = nbgrader_metadata(given)["grade_id"]
        answers[name] = "\n".join(lines)
        theirs["source"] = "\n".join([first] * ("seglab:" in first) + lines)
    return notebook, answers
