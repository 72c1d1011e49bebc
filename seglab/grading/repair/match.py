"""Deciding which segments are the answer to each question, by rules that are reported."""

from dataclasses import dataclass, field

from seglab.grading.repair import texts
from seglab.grading.repair.doubts import doubt
from seglab.grading.repair.pieces import clean
from seglab.grading.repair.positions import by_position
from seglab.grading.repair.segments import MAX_PARTS, TRUST


@dataclass
class Choice:
    """What was found for one answer.

    Attributes:
        slot: The `FormCell` of the answer.
        state: `"answered"`, `"unanswered"` (found, and still as it was released) or `"missing"`.
        text: The answer, empty unless answered.
        method: How it was found.
        confidence: From 0 to 1.
        note: What a person should know.
        used: Indices of the segments that make up the answer.
        dropped: Indices of segments that are left out: copies of the stub, and other versions.
        doubts: Reasons for a person to look.
    """

    slot: object
    state: str = "missing"
    text: str = ""
    method: str = "missing"
    confidence: float = 0.0
    note: str = ""
    used: list = field(default_factory=list)
    dropped: list = field(default_factory=list)
    doubts: list = field(default_factory=list)


def choose(form, segments):
    """Find every answer.

    Args:
        form: The `Form` of the sheet.
        segments: What `segments.cut` returned; segments that become part of an answer get its `slot`.

    Returns:
        `dict` from `grade_id` to `Choice`, in the order of the master.
    """
    choices = {name: _by_name(form, slot, segments) for name, slot in form.slots.items()}
    for choice in choices.values():
        _join_fragments(form, choice, segments)
        _see_whether_touched(choice)
    by_position(form, segments, choices)
    _claim_torn(segments, choices)
    for choice in choices.values():
        choice.text = clean(choice.text, form) if choice.text else ""
        _see_whether_touched(choice)
    doubt(form, segments, choices)
    return choices


def _by_name(form, slot, segments):
    """The answer as ids, markers and function names tell it."""
    choice = Choice(slot)
    claims = [index for index, segment in enumerate(segments) if segment.slot == slot.name]
    answers, blanks = [], []
    for index in claims:
        (blanks if slot.untouched(segments[index].text) else answers).append(index)
    if not claims:
        return choice
    if not answers:
        best = max(blanks, key=lambda index: TRUST[segments[index].method])
        choice.state, choice.method = "unanswered", segments[best].method
        choice.confidence, choice.used, choice.dropped = TRUST[choice.method], [best], [i for i in blanks if i != best]
        choice.note = "empty" if segments[best].blank else "as released"
        if all(segments[index].overwritten for index in blanks):
            choice.note = "the cell holds something else"
            choice.doubts.append("its cell holds no answer, but something else")
        elif texts.comparable(segments[best].text) != texts.comparable(slot.visible):
            choice.text = segments[best].text  # comments on an untouched stub: a person may want to read them
        return choice
    choice.state = "answered"
    distinct = {}
    for index in answers:
        distinct.setdefault(texts.same_answer_key(segments[index].text, slot.kind), []).append(index)
    firsts = [group[0] for group in distinct.values()]
    choice.dropped = blanks + [index for group in distinct.values() for index in group[1:]]
    if len(firsts) > 1 and not _are_pieces([segments[index].text for index in firsts], slot):
        best = _best_version(firsts, form, slot, segments)
        numbers = ", ".join(str(segments[index].number) for index in firsts)
        choice.note = f"{len(firsts)} versions, in cells {numbers}; that of cell {segments[best].number} is taken"
        choice.doubts.append(choice.note)
        choice.dropped += [index for index in firsts if index != best]
        firsts = [best]
    elif len(firsts) > 1:
        choice.note = f"put together from cells {', '.join(str(segments[index].number) for index in firsts)}"
        between = segments[firsts[0] : firsts[-1]]
        if any(segment.slot != slot.name for segment in between):
            choice.doubts.append(f"{choice.note}, which stand apart")
    choice.used = firsts
    choice.method = max((segments[index].method for index in firsts), key=TRUST.get)
    choice.confidence = TRUST[choice.method]
    choice.text = _joined([segments[index].text for index in firsts], slot)
    return choice


def _see_whether_touched(choice):
    """Parts that make up the stub are no answer."""
    if choice.state == "answered" and choice.slot.untouched(choice.text):
        choice.state, choice.text, choice.note = "unanswered", "", "as released"


def _are_pieces(pieces, slot):
    """Whether texts are parts of one answer rather than versions of it."""
    if slot.kind == "code":
        read = [texts.read_code(piece) for piece in pieces]
        whole = texts.read_code("\n".join(pieces))
        if not all(code.parses for code in read):
            return whole.parses
        names = [name for code in read for name in code.defines]
        return whole.parses and bool(names) and len(names) == len(set(names))
    lines = [texts.telling_lines(piece) for piece in pieces]
    return all(texts.likeness(a, b) < 0.3 for i, a in enumerate(lines) for b in lines[:i])


def _best_version(versions, form, slot, segments):
    """Of several versions the one that the tests would meet in the student's own notebook, run from top to bottom."""
    first_test = len(segments)
    for cell in form.cells[slot.position + 1 :]:
        if cell.is_slot:
            break
        places = [index for index, segment in enumerate(segments) if segment.given is cell or segment.edited is cell]
        if cell.role == "test" and places:
            first_test = places[0]
            break

    def rank(index):
        code = texts.read_code(segments[index].text)
        complete = slot.kind != "code" or (code.parses and form.wanted[slot.name] <= code.defines)
        return complete, index < first_test, index

    return max(versions, key=rank)


def _joined(pieces, slot):
    return ("\n" if slot.kind == "code" else "\n\n").join(pieces)


def _join_fragments(form, choice, segments):
    """Add the cells beside a code answer that it is not whole without: it was split."""
    if choice.state != "answered" or choice.slot.kind != "code" or len(choice.used) != 1:
        return
    first = last = choice.used[0]
    while len(choice.used) < MAX_PARTS:
        parses = texts.read_code(choice.text).parses
        after, before = _free(segments, last + 1), _free(segments, first - 1)
        missing = form.weak[choice.slot.name] - texts.read_code(choice.text).binds
        if after and missing & texts.read_code(after.text).binds:
            choice.text, last = f"{choice.text}\n{after.text}", last + 1
            _use(choice, last, segments)
            continue
        retyped = _free(segments, last + 1, ("markdown", "raw")) if not parses else None
        if retyped and texts.read_code(f"{choice.text}\n{texts.fenced(retyped.text)[0]}").parses:
            choice.text, last = f"{choice.text}\n{texts.fenced(retyped.text)[0]}", last + 1
            _use(choice, last, segments)
            continue
        if after and (not parses or not texts.read_code(after.text).parses):
            joined = f"{choice.text}\n{after.text}"
            if _may_end(choice.text, after.text) or _goes_on(segments, last + 2, joined):
                choice.text, last = joined, last + 1
                _use(choice, last, segments)
                continue
        if before and not parses and texts.read_code(f"{before.text}\n{choice.text}").parses:
            choice.text, first = f"{before.text}\n{choice.text}", first - 1
            _use(choice, first, segments, front=True)
            continue
        return


def _may_end(text, rest):
    """Whether code becomes a program with the rest below it, or stays one in which the rest is reached."""
    joined = f"{text}\n{rest}"
    past_the_end = texts.read_code(text).parses and texts.goes_on_after_return(joined)
    return texts.read_code(joined).parses and not past_the_end


def _goes_on(segments, index, text):
    """Whether a text becomes a program with the free segment that follows."""
    after = _free(segments, index)
    return after is not None and _may_end(text, after.text)


def _free(segments, index, kinds=("code",)):
    """The segment at an index if it is free, and code."""
    if not 0 <= index < len(segments):
        return None
    segment = segments[index]
    return segment if segment.free and segment.kind in kinds and not segment.blank else None


def _use(choice, index, segments, *, front=False):
    segments[index].slot = choice.slot.name
    choice.used.insert(0, index) if front else choice.used.append(index)
    choice.note = f"split over cells {', '.join(str(segments[i].number) for i in choice.used)}, joined"


def _claim_torn(segments, choices):
    """A free piece that is no program by itself belongs to some answer: say so rather than lose it."""
    code = [choice for choice in choices.values() if choice.slot.kind == "code"]
    for index, text in _torn_pieces(segments)[:MAX_PARTS]:  # more than that is no answer that was split
        segment = segments[index]
        # Also past a `return`: the piece may come from the middle.
        fits = [
            choice for choice in code if choice.state == "answered" and texts.read_code(f"{choice.text}\n{text}").parses
        ]
        cut_off = [choice for choice in fits if not texts.read_code(choice.text).parses]
        reason = f"cell {segment.number} holds an indented piece of code that may belong here"
        if len(cut_off) == 1:
            (choice,) = cut_off
            choice.text = f"{choice.text}\n{text}"
            _use(choice, index, segments)
            choice.confidence = min(choice.confidence, 0.5)
            choice.doubts.append(f"{reason}; it was put there")
            continue
        above = [choice for choice in code if choice.used and choice.used[0] < index]
        nearest = [max(above, key=lambda choice: choice.used[0])] if above else []
        for choice in code if segment.kind == "code" else fits:
            if choice.state != "answered" or choice in fits or choice in nearest:
                choice.doubts.append(reason)


def _torn_pieces(segments):
    """List the free pieces of code that cannot stand alone, `(index, code)`; those in cells of code come first."""
    torn = []
    for index, segment in enumerate(segments):
        if segment.free and not segment.blank:
            text = segment.text if segment.kind == "code" else texts.fenced(segment.text)[0]
            if texts.is_torn(text):
                torn.append((index, text))
    return sorted(torn, key=lambda piece: segments[piece[0]].kind != "code")
