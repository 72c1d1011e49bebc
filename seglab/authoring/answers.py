"""Named wrong answers of a sheet: what a student plausibly gets wrong, and exactly the points it costs.

`tests/answers/SHEET/NAME.py` holds one: a docstring that says the mistake, `LOSES` (points by test cell) and either
`CELL` (the answer cell whose code the file is) or a function that makes other files to hand in.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from seglab.errors import InputError


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake, told apart from its code.

    Attributes:
        path: The file.
        mistake: Its docstring.
        loses: `dict` from test cell to the points that the mistake costs there.
        cell: Id of the answer cell that the file's code replaces; `None` where the mistake is in another file.
    """

    path: Path
    mistake: str
    loses: dict
    cell: str | None

    def put_into(self, notebook):
        """Replace the answer cell of a notebook, a `dict` that is changed in place, by this mistake's code.

        Raises:
            InputError: If the notebook has no such cell.
        """
        for cell in notebook["cells"]:
            if cell["id"] == self.cell:
                cell["source"] = self.path.read_text(encoding="utf-8")
                return
        raise InputError(f"{self.path}: CELL is {self.cell!r}, which is no cell of the sheet. Name its answer cell.")


def read_answer(path):
    """Read a wrong answer without running it.

    Args:
        path: The file.

    Returns:
        A `WrongAnswer`.

    Raises:
        InputError: If the file is missing or lacks its docstring or `LOSES`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such wrong answer.")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    mistake = ast.get_docstring(tree)
    if not mistake or not constants.get("LOSES"):
        raise InputError(
            f"{path}: a wrong answer has a docstring that says the mistake, and LOSES, the points by test."
        )
    return WrongAnswer(path, mistake, constants["LOSES"], constants.get("CELL"))


def answers_of(sheet, course_dir="."):
    """List the wrong answers of a sheet.

    Args:
        sheet: Name of the sheet.
        course_dir: The course, the folder that holds `tests/answers/`.

    Returns:
        List of `WrongAnswer`, sorted by file name.

    Example:
        >>> answers_of("no-such-sheet")
        []
    """
    return [read_answer(path) for path in sorted(Path(course_dir, "tests", "answers", sheet).glob("*.py"))]
