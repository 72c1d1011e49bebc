"""Forged notebooks: tests, points and roles in what is handed in. All of them go through `repair` first."""

import copy
import json

from .case import ATTACKS, Attack


def forged(function):
    """Register a function that changes a notebook in place, or returns the bytes to hand in."""
    name = function.__name__
    ATTACKS[name] = Attack(name, function.__doc__.strip(), mutate=function, costs=True, module=__name__)
    return function


def tests_of(book):
    """Return the test cells of a notebook."""
    return [cell for cell in book["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


@forged
def tests_replaced(book):
    """Replaces every test by `pass`."""
    for cell in tests_of(book):
        cell["source"] = "pass"


@forged
def tests_worth_more(book):
    """Gives every test a thousand points."""
    for cell in tests_of(book):
        cell["metadata"]["nbgrader"]["points"] = 1000


@forged
def tests_removed(book):
    """Removes the tests that it fails."""
    book["cells"] = [cell for cell in book["cells"] if not str(cell["id"]).startswith("double-")]


@forged
def tests_added(book):
    """Adds tests of its own, some under names that exist."""
    for number, cell in enumerate(copy.deepcopy(tests_of(book))):
        known = {**cell["metadata"]["nbgrader"], "points": 10}
        if number % 2:
            known["grade_id"] = cell["id"] = f"bonus-{number}"
        cell |= {"source": "10", "metadata": {"nbgrader": known}}
        book["cells"].insert(0, cell)


@forged
def tests_turned_into_answers(book):
    """Marks tests as answers, so that its own text would be run for them."""
    for cell in tests_of(book):
        cell["metadata"]["nbgrader"] |= {"solution": True, "grade": False, "locked": False}
        cell["source"] = "pass"


@forged
def tests_turned_into_helpers(book):
    """Marks tests and set-up cells as cells that the student added."""
    for cell in book["cells"]:
        cell["metadata"]["seglab"] = {"role": "helper"}


@forged
def setup_replaced(book):
    """Replaces the sheet's own set-up cells."""
    for cell in book["cells"]:
        if not cell["metadata"].get("nbgrader"):
            cell["source"] = "class np:\n    __getattr__ = lambda *a: True\ndouble = lambda x: 2 * x"


@forged
def answers_doubled(book):
    """Hands in every answer twice, under the same name."""
    twice = []
    for cell in book["cells"]:
        twice += [cell, copy.deepcopy(cell)]
    book["cells"] = twice


@forged
def metadata_of_odd_types(book):
    """Puts numbers, lists and texts where the format wants objects."""
    for number, cell in enumerate(tests_of(book)):
        cell["metadata"]["nbgrader"]["points"] = ["9" * 10**4, -1, None, {"a": 1}, 1e308][number % 5]
        cell["metadata"]["nbgrader"]["grade_id"] = ["../../x", 5, None, ["a"], "x" * 10**5][number % 5]


@forged
def outputs_that_claim(book):
    """Hands in outputs that look like a grader's, with markup that runs."""
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            data = {"text/html": "<script>alert(1)</script>", "application/javascript": "alert(1)", "text/plain": "7"}
            cell["outputs"] = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}]
            cell["metadata"]["nbgrader_score"] = 100


@forged
def magic_in_metadata(book):
    """Asks for another kernel, other hooks and another format."""
    book["metadata"] = {"kernelspec": {"name": "bash", "argv": ["sh", "-c", "touch /tmp/evil"]}, "celltoolbar": "x"}
    book["nbformat_minor"] = 99


@forged
def nested_metadata(book):
    """Nests the notebook's metadata 3,000 deep."""
    deep = '{"a":' * 3_000 + "1" + "}" * 3_000
    return json.dumps(book).replace('"metadata": {}', f'"metadata": {deep}', 1).encode()


@forged
def line_of_30_megabytes(book):
    """Hands in an output of 30 MB on one line."""
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * (30 << 20)}
    next(cell for cell in book["cells"] if cell["cell_type"] == "code")["outputs"] = [stream]


@forged
def keys_twice(book):
    """Has every key of the notebook twice, with another value first."""
    text = json.dumps(book)
    return ('{"cells": [], "cells": 5, "metadata": {"nbgrader": 1}, ' + text[1:]).encode()


@forged
def byte_order_and_surrogates(book):
    """Hands in UTF-16, lone surrogates and NUL bytes."""
    book["cells"][-1]["source"] += "\n# \udcff\x00"
    return json.dumps(book).encode("utf-16")
