"""Answers that lost every name: found by what stands around them, and by the likeness to their stubs."""

from seglab.grading.repair import texts

IDS = ("grade_id", "metadata.id", "cell id")
LIKE_STUB = 0.5  # share of the stub's own lines from which on a text is taken for its answer


def by_position(form, segments, choices):
    """Give free segments to the answers that still lack one; the choices and segments change in place.

    Args:
        form: The `Form` of the sheet.
        segments: What was handed in.
        choices: `dict` from `grade_id` to `Choice`.
    """
    for choice in choices.values():
        if choice.state == "missing":
            _by_likeness(choice, segments)
    for gap in _gaps(form, choices):
        _fill(form, segments, choices, gap)
    for choice in choices.values():
        if choice.slot.kind != "code" and choice.state != "missing":
            _read_on(form, choice, segments)
        elif choice.state == "unanswered":
            _look_around(form, choice, segments)
        elif choice.state == "answered":
            _look_for_names(form, choice, segments)


def _by_likeness(choice, segments):
    """The one free segment that still has most of the stub's own lines, such as the docstring."""
    stub = {line for line in choice.slot.lines if "NotImplementedError" not in line and "YOUR" not in line}
    if len(stub) < 2:
        return
    shares = {
        index: len(stub & texts.telling_lines(segment.text)) / len(stub)
        for index, segment in enumerate(segments)
        if segment.free
    }
    likely = [index for index, share in shares.items() if share >= LIKE_STUB]
    if len(likely) == 1:
        _take(choice, likely, segments, "similarity", 0.5 + 0.4 * shares[likely[0]])


def _gaps(form, choices):
    """Lists of missing answers with nothing found between them: they can only be told apart by their order."""
    gaps, open_gap = [], False
    for cell in form.cells:
        if cell.is_slot and choices[cell.name].state == "missing":
            if not open_gap:
                gaps.append([])
            gaps[-1].append(cell)
            open_gap = True
        elif cell.is_slot:
            open_gap = False
    return gaps


def _fill(form, segments, choices, gap):
    """Fill missing answers one by one where a neighbor tells the place, else by their order."""
    places, whole = _places(form, segments), _is_whole(form, segments)
    for slot in list(gap):
        before, after = places.get(slot.position - 1), places.get(slot.position + 1)
        index = None
        if before is not None and _suits(segments, before + 1, slot):
            index = before + 1
        elif after is not None and _suits(segments, after - 1, slot):
            index = after - 1
        if index is not None:
            both = before is not None and after is not None and before + 1 == index == after - 1
            nameless = not form.wanted[slot.name] and not form.weak[slot.name]
            trust = max(_trust(form, slot, segments[index]), 0.7 if both and whole and nameless else 0)
            _take(choices[slot.name], [index], segments, "position", trust)
            gap.remove(slot)
    if not gap:
        return
    before = [place for position, place in places.items() if position < gap[0].position]
    after = [place for position, place in places.items() if position > gap[-1].position]
    low, high = max(before, default=-1), min(after, default=len(segments))
    for kind in ("code", "markdown"):
        slots = [slot for slot in gap if slot.kind == kind]
        free = [index for index in range(low + 1, high) if _suits(segments, index, slots[0])] if slots else []
        if free and len(free) == len(slots):
            for slot, index in zip(slots, free, strict=True):
                _take(choices[slot.name], [index], segments, "position", _trust(form, slot, segments[index]) - 0.05)
        elif free:
            numbers = ", ".join(str(segments[index].number) for index in free)
            for slot in slots:
                choices[slot.name].doubts.append(f"the answer may be in cell {numbers}")


def _is_whole(form, segments):
    """Whether a place can be believed: all given cells are there in their order, and all ids were lost alike."""
    if any(segment.method in IDS for segment in segments):
        return False
    there = [segment.given.position for segment in segments if segment.given is not None]
    wanted = [cell.position for cell in form.cells if not cell.is_slot and texts.comparable(cell.visible)]
    return there == wanted


def _trust(form, slot, segment):
    """The place alone proves little: any cell of the student's may stand there. What a test waits for proves more."""
    if slot.untouched(segment.text):
        return 0.9
    return 0.75 if form.weak[slot.name] & texts.read_code(segment.text).binds and slot.kind == "code" else 0.5


def _places(form, segments):
    """Map positions in the master to the index of the segment found for them."""
    places = {}
    for index, segment in enumerate(segments):
        cell = segment.given or segment.edited or form.slots.get(segment.slot)
        if cell is not None:
            places.setdefault(cell.position, index)
    return places


def _suits(segments, index, slot):
    if not 0 <= index < len(segments):
        return False
    segment = segments[index]
    kinds = ("code",) if slot.kind == "code" else ("markdown", "raw")
    return segment.free and segment.kind in kinds and not segment.blank


def _take(choice, indices, segments, method, confidence):
    """Make free segments the answer."""
    for index in indices:
        segments[index].slot, segments[index].method = choice.slot.name, method
    text = "\n\n".join(segments[index].text for index in indices)
    untouched = choice.slot.untouched(text)
    choice.state, choice.text = ("unanswered", "") if untouched else ("answered", text)
    choice.method, choice.confidence, choice.used = method, confidence, list(indices)
    choice.note = "as released" if untouched else f"cell {segments[indices[0]].number}"


def _read_on(form, choice, segments):
    """Texts of the student's right below an answer in words belong to it."""
    index = max(choice.used) + 1
    more = []
    while _suits(segments, index, choice.slot):
        if choice.slot.untouched(segments[index].text):
            segments[index].slot, segments[index].method = choice.slot.name, "position"
            choice.dropped.append(index)
        else:
            more.append(index)
        index += 1
    if more:
        parts = [choice.text] if choice.state == "answered" else []
        choice.text = "\n\n".join([*parts, *(segments[i].text for i in more)])
        for i in more:
            segments[i].slot, segments[i].method = choice.slot.name, "position"
        choice.used += more
        numbers = ", ".join(str(segments[i].number) for i in more)
        choice.note = f"with the text below it, in cell {numbers}"
        if choice.state == "unanswered":
            choice.state, choice.method, choice.confidence = "answered", "position", 0.5
    elif choice.state == "unanswered":
        _look_around(form, choice, segments)


def _look_around(form, choice, segments):
    """An untouched answer is an honest zero, unless the student wrote elsewhere what may be meant for it."""
    if form.wanted[choice.slot.name]:
        return  # whoever answers defines the function, and it would have been found
    weak = form.weak[choice.slot.name]
    written = [segment for segment in segments if _may_answer(segment, choice.slot)]
    if weak:
        written = [segment for segment in written if weak & texts.read_code(texts.fenced(segment.text)[0]).binds]
    if written:
        numbers = ", ".join(str(number) for number in sorted({segment.number for segment in written}))
        choice.doubts.append(f"untouched, but the student wrote in cell {numbers}")


def _may_answer(segment, slot):
    """Whether the student may have meant this for the answer, cells of the wrong type included."""
    if segment.edited is not None:
        return slot.kind != "code" and segment.edited.role == "text"
    if not segment.free or segment.blank:
        return False
    if segment.kind == "code":
        return slot.kind == "code" or not texts.read_code(segment.text).parses
    return slot.kind != "code" or bool(texts.read_code(texts.fenced(segment.text)[0]).binds)


def _look_for_names(form, choice, segments):
    """What the tests wait for may be set elsewhere too; right beside the answer it stays in its place anyway."""
    weak = form.weak[choice.slot.name]
    missing = weak - texts.read_code(choice.text).binds
    for index, segment in enumerate(segments) if weak else ():
        beside = segment.kind == "code" and index in (choice.used[0] - 1, choice.used[-1] + 1)
        found = weak & texts.read_code(texts.fenced(segment.text)[0]).binds if segment.free else set()
        if found and (not beside or missing & found):
            choice.doubts.append(f"cell {segment.number} sets {', '.join(sorted(found))} too")
