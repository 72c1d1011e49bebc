"""Master-first import: whatever a student hands in becomes the sheet again, with the student's answers in it.

The sheet's own cells always come from the master. Answers are found by `grade_id`, the id that Colab keeps, the cell's
id, the marker line, the functions they define, likeness and position; whatever is doubtful goes to a person.
"""

import hashlib
from dataclasses import asdict, dataclass, field

from seglab.grading.repair.assemble import assemble
from seglab.grading.repair.clearing import Clearing
from seglab.grading.repair.form import Form
from seglab.grading.repair.match import choose
from seglab.grading.repair.parse import Unreadable, read_cells
from seglab.grading.repair.roles import graded_cells, role
from seglab.grading.repair.segments import cut

__all__ = ["Clearing", "Form", "Repaired", "Slot", "graded_cells", "repair", "role"]


@dataclass(frozen=True)
class Slot:
    """How one answer was found.

    Attributes:
        grade_id: The answer's id.
        method: `"grade_id"`, `"metadata.id"`, `"cell id"`, `"marker"`, `"defined names"`, `"tested names"`,
            `"similarity"`, `"position"` or `"missing"`.
        confidence: From 0 to 1; below 0.6 a person should look.
        note: What was done, empty where nothing had to be done.
        state: `"answered"`, `"unanswered"` (found, and as it was released: an honest zero) or `"missing"`.
    """

    grade_id: str
    method: str
    confidence: float
    note: str
    state: str


@dataclass(frozen=True)
class Repaired:
    """A repaired submission.

    Attributes:
        notebook: `dict` of format 4.5: the master's cells in their order, answers filled in, the student's own
            cells in place (`metadata.seglab.role` is `"helper"`). `None` where nothing could be read.
        slots: One `Slot` per answer, in the master's order.
        log: What was done, one line each.
        queue: What a person should look at, one line each; an answer's line starts with its `grade_id`.
        sha256: Of the bytes handed in.
    """

    notebook: dict | None
    slots: list = field(default_factory=list)
    log: list = field(default_factory=list)
    queue: list = field(default_factory=list)
    sha256: str = ""

    def to_dict(self):
        """Return the repair log: everything but the notebook, ready for JSON."""
        return {
            "log": list(self.log),
            "queue": list(self.queue),
            "sha256": self.sha256,
            "slots": [asdict(slot) for slot in self.slots],
        }


def repair(master, raw, *, release=None, clearing=None):
    """Put a submission back into the form of its sheet.

    Args:
        master: The sheet as `dict`, its source or its release, or a `Form` made of it: many submissions of one
            sheet are repaired faster against one `Form`. Solutions are never matched, nor do they get into the result.
        raw: The bytes of the file that was handed in.
        release: What students got, as `dict`, if `master` is the source and the release is at hand.
        clearing: How the course makes releases of its sources (`Course.clearing`); nbgrader's defaults if `None`.

    Returns:
        A `Repaired`; no bytes raise an error.

    Raises:
        InputError: If the master itself is no sheet.

    Example:
        >>> meta = {"nbgrader": {"grade_id": "q1", "solution": True, "grade": False}}
        >>> sheet = {"cells": [{"cell_type": "code", "id": "q1", "metadata": meta, "source": "# YOUR CODE HERE"}]}
        >>> done = repair(sheet, b'{"cells": [{"cell_type": "code", "metadata": {"id": "q1"}, "source": ["x = 1"]}]}')
        >>> done.notebook["cells"][0]["source"], done.slots[0].method
        ('x = 1', 'metadata.id')
        >>> repair(sheet, b"%PDF-1.4").queue
        ['unreadable: no notebook: the file is a PDF']
    """
    form = master if isinstance(master, Form) else Form(master, release=release, clearing=clearing)
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        read = read_cells(raw)
    except Unreadable as error:
        return Repaired(None, queue=[f"unreadable: {error}"], sha256=sha256)
    log = list(read.notes)
    if read.release and form.release and read.release != form.release:
        log.append(f"made from release {read.release} of the sheet, repaired against {form.release}")
    segments = cut(read.cells, form, log)
    choices = choose(form, segments)
    notebook = assemble(form, segments, choices, log)
    slots = [
        Slot(name, choice.method, round(choice.confidence, 2), choice.note, choice.state)
        for name, choice in choices.items()
    ]
    queue = [f"file: {doubt}" for doubt in read.doubts]
    if all(slot.state == "missing" for slot in slots) and not any(segment.given for segment in segments):
        queue.append("file: nothing of this sheet is in it. Is it another notebook?")
    queue += [f"{name}: {doubt}" for name, choice in choices.items() for doubt in choice.doubts]
    return Repaired(notebook, slots, log, queue, sha256)
