"""What a cell of a sheet is for."""

from typing import NamedTuple

SLOTS = ("solution", "manual")
"""The roles of the cells that a student answers."""


class GradedCell(NamedTuple):
    """A cell as the judge needs it, in the order of execution."""

    role: str
    grade_id: str | None
    cell_id: str
    cell_type: str
    source: str
    points: float


def nbgrader_metadata(cell):
    """Return what nbgrader keeps in a cell, empty where there is nothing sensible.

    Args:
        cell: A cell as `dict`.

    Returns:
        `dict`.
    """
    metadata = cell.get("metadata")
    metadata = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def role(cell):
    """Return what a cell of a master or of a repaired notebook is for.

    Args:
        cell: A cell as `dict`.

    Returns:
        `"solution"` (code that the student writes), `"manual"` (an answer, text or code, that a person grades),
        `"test"` (code that gives points), `"task"` (a text with points for what stands around it), `"helper"` (a
        cell that the student added), `"setup"` (all other code) or `"text"`.

    Example:
        >>> role({"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "solution": False}}})
        'test'
        >>> role({"cell_type": "markdown", "metadata": {"nbgrader": {"grade": True, "solution": True}}})
        'manual'
        >>> role({"cell_type": "code", "metadata": {}})
        'setup'
    """
    if is_helper(cell):
        return "helper"
    known, code = nbgrader_metadata(cell), cell.get("cell_type") == "code"
    if known.get("task"):
        return "task"
    if known.get("solution"):
        return "solution" if code and not known.get("grade") else "manual"
    if known.get("grade"):
        return "test" if code else "manual"
    return "setup" if code else "text"


def is_helper(cell):
    """Return whether a repair marked this cell as one that the student added."""
    metadata = cell.get("metadata")
    mark = metadata.get("seglab") if isinstance(metadata, dict) else None
    return isinstance(mark, dict) and mark.get("role") == "helper"


def graded_cells(notebook):
    """List the cells of a repaired notebook.

    Args:
        notebook: The notebook as `dict`.

    Returns:
        List of `GradedCell` in the order of execution, texts too; `points` is 0 where nothing is given.
    """
    cells = []
    for cell in notebook["cells"]:
        known, kind = nbgrader_metadata(cell), role(cell)
        points = known.get("points", 0) if kind in ("test", "manual", "task") else 0
        cells.append(
            GradedCell(kind, known.get("grade_id"), cell["id"], cell["cell_type"], "".join(cell["source"]), points)
        )
    return cells
