"""What has changed in a sheet since it was graded last, in words: for the audit log and for a plan."""

import hashlib
import json
import os

from seglab.grading.jobs import digest
from seglab.grading.judging.cell_code import text_of
from seglab.grading.repair.roles import nbgrader_metadata, role

WORDS = {"test": "the test", "solution": "the answer's cell", "manual": "the answer's cell", "task": "the task"}


def read_facts(sheet):
    """Read what a later grading compares.

    Args:
        sheet: A `Sheet`.

    Returns:
        `dict` with `notebooks`, from name to a `dict` from cell to its facts, and `files`, from path to hash.
    """
    notebooks = {name: _cells(master) for name, master in sheet.masters.items()}
    return {"notebooks": notebooks, "files": {path: digest(place) for path, place in sheet.files.items()}}


def _cells(master):
    cells = {}
    for number, cell in enumerate(master["cells"], 1):
        known, kind = nbgrader_metadata(cell), role(cell)
        name = str(known.get("grade_id") or cell.get("id") or f"cell {number}")
        text = hashlib.sha256(text_of(cell).encode("utf-8", "replace")).hexdigest()
        cells[name] = {"role": kind, "points": known.get("points") if known.get("grade") or known.get("task") else None}
        cells[name] |= {"type": cell["cell_type"], "text": text}
    return cells


def hash_of(facts):
    """Return the SHA-256 of what `read_facts` found, as hexadecimal text."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def describe(old, new):
    """Say what differs.

    Args:
        old: What `read_facts` found earlier.
        new: What it finds now.

    Returns:
        List of lines such as `"basics: q2-test gives 3 points, not 2"`; empty where nothing differs.

    Example:
        >>> test = {"role": "test", "points": 2, "type": "code", "text": "a"}
        >>> old, new = ({"notebooks": {"nb": {"q1": each}}, "files": {}} for each in (test, {**test, "points": 3}))
        >>> describe(old, new)
        ['nb: q1 gives 3 points, not 2']
    """
    lines = []
    for name in sorted({*old["notebooks"], *new["notebooks"]}):
        before, now = old["notebooks"].get(name), new["notebooks"].get(name)
        if before is None or now is None:
            lines.append(f"{name}: the notebook is {'gone' if now is None else 'new'}")
            continue
        lines += [f"{name}: {line}" for cell in {**before, **now} for line in _differences(cell, before, now)]
        if [cell for cell in before if cell in now] != [cell for cell in now if cell in before]:
            lines.append(f"{name}: the cells are in another order")
    for path in sorted({*old["files"], *new["files"]}):
        before, now = old["files"].get(path), new["files"].get(path)
        if before != now:
            lines.append(f"{path}: the file is {'gone' if now is None else 'new' if before is None else 'another one'}")
    return lines


def _differences(name, before, now):
    """Yield what differs in one cell."""
    if name not in before or name not in now:
        points = (now.get(name) or before[name])["points"]
        worth = f" ({points:g} points)" if isinstance(points, int | float) else ""
        yield f"{name}{worth} is {'dropped' if name not in now else 'new'}"
        return
    old, new = before[name], now[name]
    if old["points"] != new["points"]:
        yield f"{name} gives {new['points'] or 0:g} points, not {old['points'] or 0:g}"
    if (old["role"], old["type"]) != (new["role"], new["type"]):
        yield f"{name} is {new['role']}, not {old['role']}"
    elif old["text"] != new["text"]:
        yield f"{name}: {WORDS.get(new['role'], 'the text' if new['type'] == 'markdown' else 'the code')} has changed"


class Memory:
    """What a course remembers of a sheet from its last grading.

    Args:
        course: The `Course`.
        sheet: The `Sheet` as it is now.

    Attributes:
        old: Hash of the sheet then, `None` at the first grading.
        new: Hash of the sheet now.
        lines: What has changed, as `describe` says it; empty at the first grading.
    """

    def __init__(self, course, sheet):
        self._path = course.root / ".seglab" / "sheets" / f"{sheet.name}.json"
        self._facts = read_facts(sheet)
        self.new, self.old, self.lines = hash_of(self._facts), None, []
        self._known = self._facts
        try:
            known = json.loads(self._path.read_bytes())
            self.lines, self.old, self._known = describe(known, self._facts), hash_of(known), known
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # damaged: as at the first grading
            pass

    @property
    def changed(self):
        """Whether the sheet is another one than at its last grading."""
        return self.old not in (None, self.new)

    @property
    def changes_scores(self):
        """Whether scores can change although nothing runs: there are other points, or other cells that give some."""
        return self._points(self._facts) != self._points(self._known)

    @staticmethod
    def _points(facts):
        books = facts["notebooks"].items()
        return {(book, name): cell["points"] for book, cells in books for name, cell in cells.items() if cell["points"]}

    def save(self):
        """Remember the sheet as it is now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self._facts, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, self._path)
