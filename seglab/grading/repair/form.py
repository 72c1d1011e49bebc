"""A sheet prepared for repairs: what students got, cell by cell, and by what each cell is recognized."""

import builtins
import copy
import re
from dataclasses import dataclass
from functools import cached_property

from seglab.errors import InputError
from seglab.grading.repair import texts
from seglab.grading.repair.clearing import Clearing
from seglab.grading.repair.markers import marked
from seglab.grading.repair.parse import stamp
from seglab.grading.repair.roles import SLOTS, nbgrader_metadata, role

STUB_WORDS = re.compile(r"NotImplementedError\([^\n]*\)")
CELL_ID = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class FormCell:
    """One cell of the master.

    Attributes:
        position: Its index.
        cell: The cell as it stands in every repaired notebook, answers apart.
        role: What it is for (`roles.role`).
        name: Its `grade_id`, else its id.
        visible: What students got.
        ids: Every name it goes by.
    """

    position: int
    cell: dict
    role: str
    name: str
    visible: str
    ids: frozenset

    @property
    def kind(self):
        """`"code"`, `"markdown"` or `"raw"`."""
        return self.cell["cell_type"]

    @property
    def is_slot(self):
        """Whether the student answers here."""
        return self.role in SLOTS

    @property
    def locked(self):
        """Whether nbgrader forbids to change it."""
        known = nbgrader_metadata(self.cell)
        return not self.is_slot and bool(known.get("grade") or known.get("locked") or known.get("task"))

    @cached_property
    def marker(self):
        """The marker line that the release put above the answer, `None` without one."""
        first = self.visible.split("\n", 1)[0]
        return first if marked(first) is not None else None

    @cached_property
    def key(self):
        """What an untouched answer shares with this one."""
        return texts.same_answer_key(self.visible, self.kind)

    @cached_property
    def _stub(self):
        return _telling(self.visible)

    def untouched(self, text):
        """Return whether a text is empty or still what students got, in whole or with parts of it twice."""
        if texts.same_answer_key(text, self.kind) in ("", self.key):
            return True
        lines, stub = _telling(text), self._stub
        return lines == stub or (len(lines) > len(stub) and set(lines) == set(stub))

    def holds_stub(self, text):
        """Return whether a text holds the last line of what students got."""
        return bool(self._stub) and self._stub[-1] in _telling(text)

    @cached_property
    def lines(self):
        """The lines by which the text is recognized."""
        return texts.telling_lines(self.visible)

    @cached_property
    def code(self):
        """What the visible code says."""
        return texts.read_code(self.visible) if self.kind == "code" else texts.UNREADABLE


class Form:
    """A master that submissions are repaired against; make it once per sheet.

    Args:
        master: The sheet as `dict`: its source, with solutions and hidden tests, or its release.
        release: What students got, if `master` is the source and the release is at hand: stubs, markers and
            visible tests are then read from it. Otherwise they follow from `master` by nbgrader's rules.
        clearing: The course's marks and stubs.

    Raises:
        InputError: If the master is no notebook, or a `grade_id` occurs twice in it.
    """

    def __init__(self, master, *, release=None, clearing=None):
        clearing = clearing or Clearing()
        cells = _master_cells(master, "master")
        source = clearing.is_source(cells)
        given = _by_name(_master_cells(release, "release")) if release is not None else {}
        self.metadata = copy.deepcopy(master.get("metadata") or {})
        self.release = stamp((release or master).get("metadata"))
        self.cells = []
        for position, cell in enumerate(cells):
            kind, name = role(cell), nbgrader_metadata(cell).get("grade_id") or cell["id"]
            shown = given.get(name)
            visible = shown["source"] if shown is not None else clearing.visible(cell, source=source)
            if kind in SLOTS:
                cell["source"] = visible
            else:
                cell["source"] = clearing.without_solution(cell)
            ids = frozenset(filter(None, (name, cell["id"], cell["metadata"].get("id"))))
            self.cells.append(FormCell(position, cell, kind, name, visible, ids))
        self.slots = {cell.name: cell for cell in self.cells if cell.is_slot}
        if len(self.slots) < sum(cell.is_slot for cell in self.cells):
            names = [cell.name for cell in self.cells if cell.is_slot]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"master: the grade_id {twice!r} occurs twice. Give each answer an id of its own.")
        # Answers first: where an id stands for two cells, it is the answer's.
        ordered = sorted(self.cells, key=lambda cell: not cell.is_slot)
        self.by_id = {name: cell for cell in reversed(ordered) for name in sorted(cell.ids)}
        self._prepare_texts()
        self._prepare_names()

    def _prepare_texts(self):
        """Index the cells that are not the student's by their text, and by the first line of what may be merged."""
        self.by_text, self.blocks = {}, {}
        for cell in self.cells:
            if cell.is_slot:
                continue
            for text in {texts.comparable(cell.visible), texts.comparable(cell.cell["source"])}:
                if not text:
                    continue
                self.by_text.setdefault(text, []).append(cell)
                lines = text.split("\n")
                self.blocks.setdefault(lines[0], []).append((lines, cell))
        for candidates in self.blocks.values():
            candidates.sort(key=lambda block: (-len(block[0]), block[1].position))
        self.test_endings = {}
        for lines, cell in (block for blocks in self.blocks.values() for block in blocks):
            if cell.role == "test":
                self.test_endings.setdefault(lines[-1], []).append(lines)

    def _prepare_names(self):
        """Find the functions that only one answer defines, and the variables that its tests wait for."""
        code = [cell for cell in self.cells if cell.kind == "code"]
        owners = {}
        for cell in code:
            for name in cell.code.defines:
                owners.setdefault(name, []).append(cell)
        self.owner = {name: cells[0].name for name, cells in owners.items() if len(cells) == 1 and cells[0].is_slot}
        self.wanted = {name: frozenset(n for n, slot in self.owner.items() if slot == name) for name in self.slots}
        bound = frozenset().union(*(cell.code.binds for cell in code if not cell.is_slot), self.owner, dir(builtins))
        self.weak = dict.fromkeys(self.slots, frozenset())
        slot = None
        for cell in self.cells:
            if cell.is_slot:
                slot = cell if cell.kind == "code" else None
                if slot is not None and not self.wanted[slot.name]:
                    self.weak[slot.name] |= slot.code.binds - bound
            elif cell.role == "test" and slot is not None and not self.wanted[slot.name]:
                self.weak[slot.name] |= texts.read_names(cell.visible) - bound


def _telling(text):
    """The lines that are not empty and no fences, in order; a release may add words to what a stub raises."""
    lines = map(str.strip, STUB_WORDS.sub("NotImplementedError()", texts.comparable(text)).split("\n"))
    return [line for line in lines if line and not line.startswith("```")]


def _master_cells(notebook, argument):
    """Copies of the cells, in format 4.5, each with an id of its own."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise InputError(f"{argument}: must be a notebook of format 4, a dict with a list of cells.")
    made, used = [], set()
    for number, cell in enumerate(cells):
        metadata = copy.deepcopy(cell.get("metadata") or {})
        known = metadata.get("nbgrader") or {}
        name = cell.get("id") or known.get("grade_id") or metadata.get("id") or f"cell-{number}"
        name = unused(CELL_ID.sub("-", str(name))[:64] or f"cell-{number}", used)
        new = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata}
        new["source"] = "".join(cell.get("source", ""))
        if cell.get("attachments"):
            new["attachments"] = copy.deepcopy(cell["attachments"])
        if cell["cell_type"] == "code":
            new |= {"execution_count": None, "outputs": []}
        made.append(new)
    return made


def unused(name, used):
    """Return an id of at most 64 characters that is not in use, and note it as used.

    Args:
        name: The wish.
        used: Set of ids; the result is added.

    Returns:
        `str`.

    Example:
        >>> used = {"a"}
        >>> unused("a", used), unused("b", used)
        ('a-2', 'b')
    """
    found, count = name, 1
    while found in used:
        count += 1
        found = f"{name[: 63 - len(str(count))]}-{count}"
    used.add(found)
    return found


def _by_name(cells):
    return {nbgrader_metadata(cell).get("grade_id") or cell["id"]: cell for cell in cells}
