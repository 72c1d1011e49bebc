"""Answers that lost every name: found by what their tests wait for, by likeness to their stubs, and by their place."""

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
        if choice.state == "missing":
            _by_tested_names(form, choice, segments)
    whole = _is_whole(form, segments, choices)
    for gap in _gaps(form, choices):
        _fill(form, segments, choices, gap, whole)
    for choice in choices.values():
        if choice.slot.kind != "code" and choice.state != "missing":
            _read_on(form, choice, segments)


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
    likely = [index for index, share in shares.items() if share >= LIKE_STUB and share * len(stub) > 1]
    if len(likely) == 1:
        _take(choice, likely, segments, "similarity", 0.5 + 0.4 * shares[likely[0]])


def _by_tested_names(form, choice, segments):
    """The free code that sets the variables which only this answer's tests wait for."""
    wanted = {name for name in form.weak[choice.slot.name] if _owner(form, name) == choice.slot.name}
    sets = {
        index: wanted & texts.read_code(segment.text).binds
        for index, segment in enumerate(segments)
        if wanted and segment.free and segment.kind == "code"
    }
    sets = {index: names for index, names in sets.items() if names}
    apart = sum(map(len, sets.values())) == len(set().union(*sets.values()))
    if len(sets) == 1:
        _take(choice, list(sets), segments, "tested names", 0.75)
    elif sets and apart:
        _take(choice, list(sets), segments, "tested names", 0.5)


def _owner(form, name):
    """The only answer whose tests wait for a variable, else `None`."""
    owners = [slot for slot, names in form.weak.items() if name in names]
    return owners[0] if len(owners) == 1 else None


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


def _fill(form, segments, choices, gap, whole):
    """Fill missing answers one by one where a neighbor tells the place, else by their order."""
    places = _places(form, segments)
    for row in _rows(gap):
        before, after = places.get(row[0].position - 1), places.get(row[-1].position + 1)
        if before is not None and after is not None and after - before == len(row) + 1:
            indices = range(before + 1, after)
            if all(_suits(form, segments, index, slot) for index, slot in zip(indices, row, strict=True)):
                for index, slot in zip(indices, row, strict=True):
                    trust = 0.7 if whole and slot.kind != "code" else 0.5
                    _take(choices[slot.name], [index], segments, "position", trust)
                    gap.remove(slot)
    for slot in list(gap):
        before, after = places.get(slot.position - 1), places.get(slot.position + 1)
        index = None
        if before is not None and _suits(form, segments, before + 1, slot):
            index = before + 1
        elif after is not None and _suits(form, segments, after - 1, slot):
            index = after - 1
        if index is not None:
            _take(choices[slot.name], [index], segments, "position", 0.5)
            gap.remove(slot)
    if not gap:
        return
    before = [place for position, place in places.items() if position < gap[0].position]
    after = [place for position, place in places.items() if position > gap[-1].position]
    low, high = max(before, default=-1), min(after, default=len(segments))
    for kind in ("code", "markdown"):
        slots = [slot for slot in gap if slot.kind == kind]
        free = [index for index in range(low + 1, high) if slots and _suits(form, segments, index, slots[0])]
        if free and len(free) == len(slots):
            for slot, index in zip(slots, free, strict=True):
                _take(choices[slot.name], [index], segments, "position", 0.4)
        elif free:
            numbers = ", ".join(str(segments[index].number) for index in free)
            for slot in slots:
                choices[slot.name].doubts.append(f"the answer may be in cell {numbers}")


def _rows(slots):
    """Lists of answers that follow each other directly in the master."""
    rows = []
    for slot in slots:
        if rows and rows[-1][-1].position + 1 == slot.position:
            rows[-1].append(slot)
        else:
            rows.append([slot])
    return rows


def _is_whole(form, segments, choices):
    """Whether a place can be believed: all given cells in order, all ids lost alike, nothing there that is too much."""
    if any(segment.method in IDS for segment in segments):
        return False
    there = [segment.given.position for segment in segments if segment.given is not None]
    wanted = [cell.position for cell in form.cells if not cell.is_slot and texts.comparable(cell.visible)]
    missing = [choice.slot.kind == "code" for choice in choices.values() if choice.state == "missing"]
    free = [segment.kind == "code" for segment in segments if segment.free and not segment.blank]
    return there == wanted and free.count(False) <= missing.count(False)


def _places(form, segments):
    """Map positions in the master to the index of the segment found for them."""
    places = {}
    for index, segment in enumerate(segments):
        cell = segment.given or segment.edited or form.slots.get(segment.slot)
        if cell is not None:
            places.setdefault(cell.position, index)
    return places


def _suits(form, segments, index, slot):
    """Whether the segment at an index could be an answer by its type, and nothing says that it is another's."""
    if not 0 <= index < len(segments):
        return False
    segment = segments[index]
    kinds = ("code",) if slot.kind == "code" else ("markdown", "raw")
    if not segment.free or segment.kind not in kinds or segment.blank:
        return False
    owners = {_owner(form, name) for name in texts.read_code(segment.text).binds} if slot.kind == "code" else set()
    return slot.name in owners or owners <= {None}


def _take(choice, indices, segments, method, confidence):
    """Make free segments the answer."""
    for index in indices:
        segments[index].slot, segments[index].method = choice.slot.name, method
    text = "\n\n".join(segments[index].text for index in indices)
    untouched = choice.slot.untouched(text)
    choice.state, choice.text = ("unanswered", "") if untouched else ("answered", text)
    choice.method, choice.confidence, choice.used = method, 0.9 if untouched else confidence, list(indices)
    numbers = ", ".join(str(segments[index].number) for index in indices)
    choice.note = "as released" if untouched else f"cell {numbers}"


def _read_on(form, choice, segments):
    """Texts of the student's right below an answer in words belong to it."""
    index, more = max(choice.used) + 1, []
    while _suits(form, segments, index, choice.slot):
        segments[index].slot, segments[index].method = choice.slot.name, "position"
        (choice.dropped if choice.slot.untouched(segments[index].text) else more).append(index)
        index += 1
    if not more:
        return
    parts = [choice.text] if choice.state == "answered" else []
    choice.text = "\n\n".join([*parts, *(segments[i].text for i in more)])
    choice.used += more
    choice.note = f"with the text below it, in cell {', '.join(str(segments[i].number) for i in more)}"
    if choice.state == "unanswered":
        choice.state, choice.method, choice.confidence = "answered", "position", 0.5
