"""Cutting what was handed in into segments: a copy of a given cell, (part of) an answer, or something of the student's.

Merged cells fall apart here: at marker lines, at the text of given cells, and between functions of different answers.
"""

from dataclasses import dataclass, field, replace

from seglab.grading.repair import texts
from seglab.grading.repair.form import FormCell
from seglab.grading.repair.markers import without_markers
from seglab.grading.repair.pieces import cut_text

MAX_PARTS = 8  # cells that one may have been split into
EDITED = 0.5  # share of lines from which on a text counts as an edited copy of a given cell
EDITED_IN_PLACE = 0.3  # the same where it stands between the neighbors of that cell
TRUST = {"grade_id": 1.0, "metadata.id": 1.0, "cell id": 0.95, "marker": 0.95, "defined names": 0.85}


@dataclass
class Segment:
    """A piece of a submitted cell.

    Attributes:
        number: The cell's place in the submission, from 1.
        kind: `"code"`, `"markdown"` or `"raw"`.
        text: Its text, without markers.
        slot: The answer it belongs to, `None` for anything else.
        method: How the answer was found.
        given: The cell of the master that it is a copy of.
        edited: The cell of the master that it is an edited copy of.
        overwritten: Whether it stands for an answer cell that holds something else.
        helper: Whether an earlier repair marked it as the student's own.
        attachments: Pictures of its cell.
    """

    number: int
    kind: str
    text: str
    slot: str | None = None
    method: str = ""
    given: FormCell | None = None
    edited: FormCell | None = None
    overwritten: bool = False
    helper: bool = False
    attachments: dict = field(default_factory=dict)

    @property
    def free(self):
        """Whether nothing is known about it, so that it may be an answer that lost its name."""
        return self.slot is None and self.given is None and self.edited is None and not self.helper

    @property
    def blank(self):
        """Whether it says nothing."""
        return not texts.comparable(self.text)


def cut(found, form, log):
    """Cut cells into segments, in the order of the submission.

    Args:
        found: List of `parse.Found`.
        form: The `Form` of the sheet.
        log: List that notes are appended to.

    Returns:
        List of `Segment`.
    """
    whole = _whole_copies(found, form)
    present = {cell.position for cell in whole.values()}
    parts = [
        [Segment(cell.number, cell.kind, cell.text, helper=True, attachments=cell.attachments)]
        if cell.helper
        else _copy(cell, whole[cell.number], form)
        if cell.number in whole
        else _parts(cell, form, present, log)
        for cell in found
    ]
    segments = _glue_broken([segment for group in parts for segment in group])
    answered = {segment.slot for segment in segments if _answers(segment, form)}
    named = [part for segment in segments for part in _by_names(segment, form, answered, log)]
    _find_edited(named, form, present)
    return [segment for segment in named if segment.slot or segment.given or segment.edited or not segment.blank]


def _glue_broken(segments):
    """Put free code together that is no program apart, but is one together: a cell that was split in the middle."""
    glued, count = [], 1
    for segment in segments:
        last = glued[-1] if glued and count < MAX_PARTS else None
        if last is not None and all(part.free and part.kind == "code" and not part.blank for part in (last, segment)):
            whole = f"{last.text}\n{segment.text}"
            apart = texts.read_code(last.text).parses and texts.read_code(segment.text).parses
            if not apart and texts.read_code(whole).parses:
                last.text, count = whole, count + 1
                continue
        glued.append(segment)
        count = 1
    return glued


def home(cell, form):
    """Return the master's cell that a submitted cell says it is, and by which id, or `(None, "")`."""
    for method, name in cell.ids:
        if name in form.by_id:
            return form.by_id[name], method
    return None, ""


def _whole_copies(found, form):
    """Map cell numbers to the given cells that they are exact copies of; originals take the cell's own id first."""
    whole, taken, last = {}, set(), -1
    for cell in found:
        text = texts.comparable(cell.text)
        own, _ = home(cell, form)
        same = form.by_text.get(text) if not cell.helper else None
        if not text and own is not None and not own.is_slot and not texts.comparable(own.visible):
            same = [own]  # a test that students see nothing of
        if not same:
            continue
        free = [given for given in same if given.position not in taken]
        later = [given for given in free if given.position > last]
        match = own if own in same else (later or free or same)[0]
        whole[cell.number] = match
        taken.add(match.position)
        last = match.position
    return whole


def _copy(cell, given, form):
    """A whole copy; under the name of an answer it also says that the answer is gone."""
    segments = [Segment(cell.number, cell.kind, cell.text, given=given)]
    own, method = home(cell, form)
    if own is not None and own.is_slot:
        segments.append(Segment(cell.number, cell.kind, "", slot=own.name, method=method, overwritten=True))
    return segments


def _parts(cell, form, present, log):
    """Cut one cell at markers and at given texts, and say what each part is."""
    own, method = home(cell, form)
    cell, segments = _unfenced(cell, own, form, log)
    runs = cut_text(cell.text, form, present)
    by_marker = [slot for _, slot, _ in runs if slot]
    claimed = own is None or not own.is_slot or own.name in by_marker
    may_be_edited = own is not None and not own.is_slot and own.position not in present
    may_be_edited = may_be_edited and all(given is not own for _, _, given in runs)
    for lines, slot, given in runs:
        part = Segment(cell.number, cell.kind, "\n".join(lines).strip("\n"), attachments=cell.attachments)
        if given is not None:
            part.given = given
            log.append(f"cell {cell.number}: held {given.name} too, cut there")
        elif slot is not None:
            part.slot, part.method = slot, method if own is form.slots[slot] else "marker"
        elif not part.blank and not claimed:
            part.slot, part.method, claimed = own.name, method, True
        elif not part.blank and may_be_edited and not any(segment.edited for segment in segments):
            part.edited = own
        if part.blank and part.slot is None and part.given is None:
            continue
        segments.append(part)
    if not claimed:  # nothing is left under the answer's name
        given = any(segment.given for segment in segments)
        segments.append(Segment(cell.number, cell.kind, "", slot=own.name, method=method, overwritten=given))
    # Lines above a marker belong to the answer below it, unless they are another's or end a split one.
    glued = []
    for segment in segments:
        header = glued[-1] if glued else None
        marked_here = segment.slot in by_marker and segment.kind == "code"
        loose = header is not None and header.free and not texts.is_torn(header.text)
        if marked_here and loose and not _owners(header, form) - {segment.slot}:
            glued.pop()
            segment.text = f"{header.text}\n{segment.text}".strip("\n")
        glued.append(segment)
    return glued


def _unfenced(cell, own, form, log):
    """A text cell whose fences hold an answer in code becomes that code, beside a segment with the words around it."""
    answer = own is not None and own.is_slot and own.kind == "code"
    if cell.kind == "code" or "```" not in cell.text or not (answer or any(name in cell.text for name in form.owner)):
        return cell, []
    code, rest = texts.fenced(cell.text)
    if not (answer or texts.read_code(code).defines & set(form.owner)):
        return cell, []
    log.append(f"cell {cell.number}: code in a text cell, turned back into code")
    words = Segment(cell.number, cell.kind, without_markers(rest).strip("\n"), attachments=cell.attachments)
    return replace(cell, kind="code", text=code), [words] if not words.blank else []


def _code_of(segment, form):
    """The code of a segment, also of one that was turned into text."""
    if segment.kind == "code":
        return segment.text
    wants_code = segment.slot is not None and form.slots[segment.slot].kind == "code"
    if wants_code or (segment.slot is None and any(name in segment.text for name in form.owner)):
        return texts.fenced(segment.text)[0]
    return ""


def _owners(segment, form):
    """Answers whose functions a segment defines."""
    code = _code_of(segment, form)
    return {form.owner[name] for name in texts.read_code(code).defines if name in form.owner} if code else set()


def _answers(segment, form):
    """Whether a segment with a name answers that question by itself."""
    if segment.slot is None or segment.blank:
        return False
    slot = form.slots[segment.slot]
    code = _code_of(segment, form)
    if texts.same_answer_key(code or segment.text, slot.kind) == slot.key:
        return False
    wanted = form.wanted[segment.slot]
    return not wanted or bool(wanted & texts.read_code(code).defines)


def _by_names(segment, form, answered, log):
    """Give a segment to the answers whose functions it defines; cut it where there are several."""
    if segment.given is not None or segment.helper or segment.blank:
        return [segment]
    owners = _owners(segment, form)
    code = _code_of(segment, form)
    if segment.kind != "code" and (segment.slot is not None or owners) and code:
        segment = Segment(segment.number, "code", code.strip("\n"), segment.slot, segment.method)
        log.append(f"cell {segment.number}: code in a text cell, turned back into code")
    strangers = owners - answered - {segment.slot}
    if segment.slot is None and len(owners) == 1:
        segment.slot, segment.method, segment.edited = next(iter(owners)), "defined names", None
    elif strangers:
        return _cut_by_names(segment, form, strangers, log)
    elif segment.slot is None and owners:  # all of them are answered elsewhere
        return _cut_by_names(segment, form, owners, log)
    return [segment]


def _cut_by_names(segment, form, strangers, log):
    """Cut code between top-level statements, so that each function comes to its answer."""
    lines, groups = segment.text.split("\n"), []
    wanted = strangers | ({segment.slot} if segment.slot else set())
    end = 0
    for statement in texts.read_code(segment.text).statements:
        slots = {form.owner[name] for name in statement.defines if name in form.owner} & wanted
        slot = next(iter(sorted(slots)), None if groups else segment.slot)
        piece = lines[end : statement.end]  # with the comments above it
        if groups and (slot is None or slot == groups[-1][0]):
            groups[-1][1].extend(piece)
        elif groups and groups[-1][0] is None:
            groups[-1] = (slot, groups[-1][1] + piece)
        else:
            groups.append((slot, piece))
        end = statement.end
    if groups:
        groups[-1][1].extend(lines[end:])
    made = []
    for slot, piece in groups:
        text = "\n".join(piece).strip("\n")
        method = segment.method if slot == segment.slot and segment.slot else "defined names"
        made.append(Segment(segment.number, "code", text, slot, method if slot else ""))
    if segment.slot and all(slot != segment.slot for slot, _ in groups):
        made.append(Segment(segment.number, "code", "", segment.slot, segment.method, overwritten=True))
    log.append(f"cell {segment.number}: holds {' and '.join(str(slot) for slot, _ in groups)}, cut there")
    return made


def _find_edited(segments, form, present):
    """Mark what is an edited copy of a given cell that is not there otherwise."""
    seen = present | {segment.given.position for segment in segments if segment.given is not None}
    absent = [cell for cell in form.cells if not cell.is_slot and cell.position not in seen and cell.lines]
    places = {segment.given.position: index for index, segment in enumerate(segments) if segment.given is not None}
    for index, segment in enumerate(segments):
        if not segment.free or not absent:
            continue
        lines = texts.telling_lines(segment.text)
        likeness = {cell.position: texts.likeness(lines, cell.lines) for cell in absent}
        best = max(absent, key=lambda cell: likeness[cell.position])
        if segment.kind == "code" and texts.is_torn(segment.text) and not lines <= best.lines:
            continue  # the rest of an answer that is like what was given
        in_place = places.get(best.position - 1) == index - 1 and places.get(best.position + 1) == index + 1
        if likeness[best.position] >= (EDITED_IN_PLACE if in_place else EDITED):
            segment.edited = best
