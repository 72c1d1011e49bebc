"""Building the repaired notebook: the master, with the student's answers and the student's own cells in place."""

import bisect
import copy
import hashlib
import re
from typing import NamedTuple

from seglab.grading.repair import texts
from seglab.grading.repair.form import unused

FOREIGN = re.compile(r"^[ \t]*(?:[!%]{1,2}(?:pip|conda|apt|apt-get)\b.*|!.*|.*\bgoogle\.colab\b.*)$", re.MULTILINE)

DEFINITIONS = ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Import", "ImportFrom")


class Helper(NamedTuple):
    """A cell of the student's own, to be written as `_helper_cell` does."""

    kind: str
    text: str
    attachments: dict


def assemble(form, segments, choices, log):
    """Build the notebook.

    Args:
        form: The `Form` of the sheet.
        segments: What was handed in, cut and claimed.
        choices: `dict` from `grade_id` to `match.Choice`.
        log: List that notes are appended to.

    Returns:
        The notebook as `dict`, format 4.5.
    """
    gaps = _helpers_by_gap(form, segments, choices, log)
    used = {cell.cell["id"] for cell in form.cells}
    cells = [_helper_cell(helper, used) for helper in gaps.get(-1, ())]
    for given in form.cells:
        cell = copy.deepcopy(given.cell)
        if given.is_slot:
            choice = choices[given.name]
            _note_foreign(choice.text if given.kind == "code" else "", given.name, log)
            text = texts.tidy(choice.text)
            if text:
                cell["source"] = f"{given.marker}\n{text}" if given.marker else text
            pictures = {}
            for index in choice.used:
                pictures |= segments[index].attachments if given.kind != "code" else {}
            if pictures:
                cell["attachments"] = pictures
        cells.append(cell)
        cells += [_helper_cell(helper, used) for helper in gaps.get(given.position, ())]
    metadata = copy.deepcopy(form.metadata)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _helpers_by_gap(form, segments, choices, log):
    """Map positions in the master (-1: above everything) to the student's cells that come after them."""
    dropped = {index for choice in choices.values() for index in choice.dropped}
    anchors = [None if index in dropped else _anchor(form, segment) for index, segment in enumerate(segments)]
    gaps, seen = {}, set()
    for index, (segment, gap) in enumerate(zip(segments, _places(anchors, form), strict=True)):
        for helper in _helpers_of(segment, seen, index in dropped, log):
            gaps.setdefault(gap, []).append(helper)
            _note_foreign(helper.text if helper.kind == "code" else "", f"cell {segment.number}", log)
    return gaps


def _anchor(form, segment):
    cell = segment.given or segment.edited or form.slots.get(segment.slot)
    return cell.position if cell is not None else None


def _places(anchors, form):
    """Say for every segment behind which of the master's cells it belongs.

    Between two known cells in the right order it belongs behind the first. Where a cell was moved or copied, it
    stays with an answer beside it; else the longest run of cells in the right order decides.
    """
    known = [(index, position) for index, position in enumerate(anchors) if position is not None]
    if not known:
        first = min((slot.position for slot in form.slots.values()), default=len(form.cells))
        return [first - 1] * len(anchors)
    in_order = _longest_rise(known)
    answers = {slot.position for slot in form.slots.values()}
    following, places = None, []
    for position in reversed(anchors):
        places.append(following)
        following = position if position is not None else following
    after = places[::-1]
    places, before, safe = [], None, None
    for index, position in enumerate(anchors):
        if position is not None:
            before, safe = position, position if index in in_order else safe
            places.append(position)
        elif before is None:
            places.append(after[index] - 1)
        elif before == safe or before in answers or (after[index] is not None and before < after[index]):
            places.append(before)
        elif after[index] in answers:
            places.append(after[index] - 1)
        else:
            places.append(safe if safe is not None else min(position for _, position in known) - 1)
    return places


def _longest_rise(known):
    """Indices of a longest strictly rising choice of `(index, position)` pairs."""
    ends, links = [], {}  # ends[n]: the pair with the lowest position that ends a rise of length n + 1
    for index, position in known:
        at = bisect.bisect_left(ends, position, key=lambda pair: pair[1])
        links[index] = ends[at - 1][0] if at else None
        ends[at : at + 1] = [(index, position)]
    rise, index = set(), ends[-1][0]
    while index is not None:
        rise.add(index)
        index = links[index]
    return rise


def _helpers_of(segment, seen, dropped, log):
    """Yield what is kept of a segment beside the master's cells and the answers."""
    where = f"cell {segment.number}"
    if segment.slot is not None:
        if dropped and not segment.blank:
            log.append(f"{where}: another version of {segment.slot}, left out")
        return
    if segment.given is not None:
        given, again = segment.given, segment.given.position in seen
        seen.add(given.position)
        if again and given.role == "setup":
            log.append(f"{where}: a second copy of {given.name}, kept as the student's own")
            yield Helper("code", segment.text, {})
        elif again:
            log.append(f"{where}: a second copy of {given.name}, left out")
        return
    if segment.edited is not None:
        given = segment.edited
        text = _additions(segment, given)
        log.append(f"{where}: edited {given.name}, replaced by the sheet's" + (", additions kept" if text else ""))
        if text:
            yield Helper(segment.kind, text, segment.attachments)
        return
    if not segment.blank:
        if not segment.helper:
            process = " for the student's process" if segment.kind == "code" else ""
            log.append(f"{where}: the student's own, kept{process}")
        yield Helper(segment.kind, segment.text, segment.attachments)


def _additions(segment, given):
    """What a student added to a given cell: everything where changes are allowed, else new definitions."""
    if given.kind != segment.kind:
        return ""
    if segment.kind != "code":
        known = set(map(str.strip, given.visible.split("\n"))) | set(map(str.strip, given.cell["source"].split("\n")))
        lines = [line for line in texts.comparable(segment.text).split("\n") if line.strip() not in known]
        return "\n".join(lines).strip("\n")
    code = texts.read_code(segment.text)
    if code.parses and code.key == given.code.key:
        return ""
    if not given.locked:
        return segment.text
    old = {statement.key for statement in given.code.statements}
    lines, kept = segment.text.split("\n"), []
    for statement in code.statements:
        if statement.kind in DEFINITIONS and statement.key not in old:
            kept += lines[statement.start : statement.end]
    return "\n".join(kept)


def _helper_cell(helper, used):
    text = texts.tidy(helper.text)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    cell = {"cell_type": helper.kind, "id": unused(f"helper-{digest}", used), "source": text}
    cell["metadata"] = {"seglab": {"role": "helper"}}
    if helper.kind == "code":
        return cell | {"execution_count": None, "outputs": []}
    return cell | {"attachments": copy.deepcopy(helper.attachments)} if helper.attachments else cell


def _note_foreign(text, where, log):
    """Note what the student's process records or stands in for, but does not do."""
    for line in FOREIGN.findall(text) if "!" in text or "%" in text or "google.colab" in text else ():
        log.append(f"{where}: not run here: {line.strip()[:100]}")
