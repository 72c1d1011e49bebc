"""What of a sheet and a submission the judge reads: no texts, no outputs, nothing that a result cannot depend on."""

from seglab.grading.judging.cell_code import text_of
from seglab.grading.repair.roles import SLOTS, is_helper, nbgrader_metadata, role

READ = ("grade", "grade_id", "locked", "points", "solution", "task")  # of what nbgrader keeps in a cell


def essentials(notebook, *, answers_only=False):
    """Leave out all that no result can depend on, so that a change of it has nothing run again.

    Texts are left out of master and submission alike: the code cells of both still stand at the same places.

    Args:
        notebook: A master or a repaired notebook, a `dict`.
        answers_only: Whether to empty the cells that are not the student's: it is the master's that run.

    Returns:
        A new notebook, a `dict`.

    Example:
        >>> known = {"grade": True, "grade_id": "q1-test", "points": 2, "schema_version": 3}
        >>> test = {"cell_type": "code", "source": ["assert ", "f(1)"], "metadata": {"nbgrader": known}, "outputs": []}
        >>> essentials({"cells": [{"cell_type": "markdown", "source": "# Sheet"}, test]})["cells"][0]["source"]
        'assert f(1)'
    """
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return {
        "cells": [_essential(cell, answers_only) for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _essential(cell, answers_only):
    known, metadata = nbgrader_metadata(cell), {}
    if known:
        metadata["nbgrader"] = {name: known[name] for name in READ if name in known}
    if is_helper(cell):
        metadata["seglab"] = {"role": "helper"}
    is_emptied = answers_only and role(cell) not in (*SLOTS, "helper")
    source = "" if is_emptied else text_of(cell)
    made = {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}
    return made | ({"id": cell["id"]} if "id" in cell else {})


def without_points(notebook):
    """Leave out what tests can give: points are worked out of a result, it does not depend on them.

    Args:
        notebook: What `essentials` returned.

    Returns:
        A new notebook, a `dict`.
    """
    return {**notebook, "cells": [_pointless(cell) for cell in notebook["cells"]]}


def _pointless(cell):
    known = {name: value for name, value in nbgrader_metadata(cell).items() if name != "points"}
    return {**cell, "metadata": {**cell["metadata"], "nbgrader": known}} if known else cell
