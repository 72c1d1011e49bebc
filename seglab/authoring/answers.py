"""Named wrong answers of a sheet: what a student plausibly gets wrong, and exactly the points it costs.

`tests/answers/SHEET/NAME.py` holds one: a docstring that says the mistake, `LOSES` (points by test cell) and either
`CELL` (the answer cell whose code the file is) or a function `hand_in(source, reference)` that makes other files to
hand in. What a good submission hands in beside the notebook is made by `hand_in(source)` of `_reference.py` in the same
folder; `reference` is that module, `source` the path of the sheet with its solutions. Both functions return a `dict`
from file name to `bytes`.
"""

import ast
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from seglab.errors import InputError

REFERENCE = "_reference.py"


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

    def files(self, source):
        """Return the files that are handed in with this mistake: its own, else those of the reference.

        Args:
            source: Path of the sheet's source notebook.

        Returns:
            `dict` from file name to `bytes`.

        Raises:
            InputError: If the function that makes them raises, or returns anything else.
        """
        own = _load(self.path) if self.cell is None else None
        if own is None or not hasattr(own, "hand_in"):
            return reference_files(self.path.parent, source)
        reference = self.path.with_name(REFERENCE)
        return _made(self.path, own.hand_in, source, _load(reference) if reference.is_file() else None)


def read_answer(path):
    """Read a wrong answer without running it.

    Args:
        path: The file.

    Returns:
        A `WrongAnswer`.

    Raises:
        InputError: If the file is missing, is no Python or lacks its docstring or `LOSES`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such wrong answer.")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise InputError(f"{path}: no Python: {error.msg}, line {error.lineno}.") from None
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
    folder = Path(course_dir, "tests", "answers", sheet)
    return [read_answer(path) for path in sorted(folder.glob("*.py")) if path.name != REFERENCE]


def reference_files(folder, source):
    """Return the files that a good submission hands in beside its notebook.

    Args:
        folder: The folder of the sheet's wrong answers; it may hold `_reference.py`.
        source: Path of the sheet's source notebook.

    Returns:
        `dict` from file name to `bytes`; empty without `_reference.py`.

    Raises:
        InputError: If `_reference.py` raises, or returns anything else.

    Example:
        >>> reference_files("no-such-folder", "no-such-sheet.ipynb")
        {}
    """
    path = Path(folder, REFERENCE)
    return _made(path, _load(path).hand_in, source) if path.is_file() else {}


def _load(path):
    """Run a file as a module of its own."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _made(path, function, *arguments):
    """Call a function that makes files, and check what it returns."""
    try:
        files = function(*arguments)
    except Exception as error:  # whatever the author's code raises
        raise InputError(f"{path}: hand_in raises {type(error).__name__}: {error}") from error
    names = isinstance(files, dict) and all(isinstance(name, str) and Path(name).name == name for name in files)
    if not names or not all(isinstance(content, bytes) for content in files.values()):
        raise InputError(f"{path}: hand_in must return a dict from file name to bytes.")
    return files
