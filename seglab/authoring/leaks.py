"""Search what students get for the text of solutions and hidden tests."""

import re
from pathlib import Path

from seglab.authoring import release
from seglab.authoring.cells import Notebook

TELLING = 40  # characters; a shorter line, such as `return figure`, may stand anywhere
MARKS = re.compile(r"\b(BEGIN|END) (SOLUTION|HIDDEN TESTS)\b")


def find(tree, course_dir="."):
    """Look through every text file of a tree for what its course keeps secret.

    A notebook, and any other text, may show no long line of a solution or of a hidden test. The library solves many of
    the sheets' questions in its own way, so that its code may share single lines with a solution; neither it nor a
    notebook holds a whole one.

    Args:
        tree: Folder to look through.
        course_dir: The course, the folder that holds `solutions/`.

    Returns:
        List of `path:cell: message`, for files that are no notebooks `path:line: message`, in the order of the paths.

    Raises:
        InputError: If a notebook cannot be read.
    """
    tree, lines, regions = Path(tree), *_secrets(Path(course_dir))
    found = []
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        name = path.relative_to(tree)
        if name.parts[0] == ".git":
            continue
        for place, text in _texts(path):
            problem = _first_leak(text.split("\n"), lines, regions, in_library=path.suffix == ".py")
            if problem:
                number, message = problem
                found.append(f"{name.as_posix()}:{place or number}: {message}")
    return found


def _secrets(course_dir):
    """Return what students do not get: `dict` from long line to `(kind, origin)`, and `(region, kind, origin)`s."""
    lines, regions = {}, []
    for sheet in release.sheets(course_dir):
        for path in sorted((course_dir / "solutions" / sheet).glob("*.ipynb")):
            notebook = Notebook.open(path)
            shown = {line.strip() for cell in notebook.cells if not _is_secret(cell) for line in _visible(cell)}
            for cell, kind, region in _regions(notebook):
                region = [line.strip() for line in region if line.strip()]
                origin = f"{sheet}:{cell.id}"
                if len(region) > 1:
                    regions.append((region, kind, origin))
                for line in set(region) - shown:
                    if len(line) >= TELLING and not re.match(r"(from|import) ", line):
                        lines.setdefault(line, (kind, origin))
    return lines, regions


def _regions(notebook):
    for cell in notebook.cells:
        yield from ((cell, "a solution", region) for region in cell.secrets("SOLUTION"))
        yield from ((cell, "a hidden test", region) for region in cell.secrets("HIDDEN TESTS"))
        if _is_secret(cell):
            yield cell, "a solution", cell.source.split("\n")


def _is_secret(cell):
    """Whether the whole cell is an example of an answer: a text that a person grades."""
    return cell.role == "manual" and not cell.secrets("SOLUTION")


def _visible(cell):
    return cell.visible.split("\n")


def _texts(path):
    """Yield `(id of the cell, text)` of a notebook, `(None, text)` of another text file, nothing of other files."""
    if path.suffix == ".ipynb":
        yield from ((cell.id, cell.source) for cell in Notebook.open(path).cells)
        return
    try:
        yield None, path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return


def _first_leak(text, lines, regions, *, in_library):
    """Return `(number of the line, what it shows)` of the first leak in a text, `None` where there is none."""
    stripped = [line.strip() for line in text]
    for number, line in enumerate(stripped, 1):
        if MARKS.search(line):
            return number, f"holds a mark, {MARKS.search(line)[0]}"
        kind, origin = lines.get(line, ("", ""))
        if kind and not (in_library and kind == "a solution"):
            return number, f"shows a line of {kind}, {origin}: {line[:60]}"
    numbered = [(number, line) for number, line in enumerate(stripped, 1) if line]
    present = set(stripped)
    for region, kind, origin in regions:
        if present.issuperset(region):
            for start in range(len(numbered) - len(region) + 1):
                if [line for _, line in numbered[start : start + len(region)]] == region:
                    return numbered[start][0], f"shows {kind}, {origin}"
    return None
