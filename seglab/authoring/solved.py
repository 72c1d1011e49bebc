"""The version of a sheet that students get after the deadline: solutions shown, hidden tests still hidden."""

from seglab.authoring.cells import Cell

NOTE = "*With solutions, to read and run. It cannot be handed in.*"


def solved(source, marks=()):
    """Turn a source notebook into one to read: it can be run, but not handed in.

    Args:
        source: The notebook with solutions and hidden tests, a `dict` whose cells' sources are strings.
        marks: Pairs of a course's own mark and the standard one, such as `("BEGIN SOLUTION", "BEGIN SOLUTION")`.

    Returns:
        `dict`, a new notebook: solutions without their marks, tests without their hidden part, no outputs, and no
        metadata by which a grader would take it for a submission.

    Example:
        >>> text = "def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"
        >>> print(solved({"cells": [{"cell_type": "code", "source": text, "metadata": {}}]})["cells"][1]["source"])
        def f():
            return 1
    """
    cells = [{"cell_type": "markdown", "id": "with-solutions", "metadata": {}, "source": NOTE}]
    for index, raw in enumerate(source["cells"]):
        text = raw["source"]
        for theirs, ours in marks:
            text = text.replace(theirs, ours)
        cell = Cell(index, str(raw.get("id", "")), raw["cell_type"], text, raw)
        kept = {key: value for key, value in raw["metadata"].items() if key in ("cellView", "tags")}
        made = {**raw, "metadata": kept, "source": cell.without("HIDDEN TESTS")}
        if raw["cell_type"] == "code":
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    return {**source, "cells": cells}
