"""The cells of a submission in the order in which they run: everything from the master but the answers."""

from seglab.grading.judging.cell_code import text_of
from seglab.grading.repair.roles import is_helper, nbgrader_metadata, role


def merge(master_cells, submission):
    """Put a submission's answers and helper cells into the master.

    Of a submission nothing else is taken: set-up and test cells are the master's.

    Args:
        master_cells: The cells of the master, a list of `dict`.
        submission: The repaired notebook, a `dict`.

    Returns:
        List of `(index, source, kind)`: the index in the master, `None` for a helper cell; the text to run; and
        `"solution"`, `"manual"`, `"helper"`, `"setup"` or `"test"`. Cells that are no code are left out.
    """
    cells = [cell for cell in submission.get("cells", []) if isinstance(cell, dict)]
    answers, helpers, place = {}, {}, 0
    for cell in cells:
        if is_helper(cell):
            if cell.get("cell_type") == "code":
                helpers.setdefault(min(place, len(master_cells)), []).append(text_of(cell))
            continue
        place += 1
        name = nbgrader_metadata(cell).get("grade_id")
        if isinstance(name, str) and cell.get("cell_type") == "code":
            answers.setdefault(name, text_of(cell))
    merged = []
    for index, cell in enumerate([*master_cells, {}]):
        merged += [(None, source, "helper") for source in helpers.get(index, ())]
        kind = role(cell)
        if cell.get("cell_type") != "code" or kind in ("text", "task", "helper"):
            continue
        if kind in ("solution", "manual"):
            merged.append((index, answers.get(nbgrader_metadata(cell).get("grade_id"), ""), kind))
        else:
            merged.append((index, text_of(cell), kind))
    return merged
