"""Reasons for a person to look: what was found by little evidence, and what may have been missed."""

from seglab.grading.repair import texts

DOUBTFUL = 0.6
"""A confidence below this goes to a person."""


def doubt(form, segments, choices):
    """Add the reasons to the choices, in place.

    Args:
        form: The `Form` of the sheet.
        segments: What was handed in; what is still free belongs to no answer.
        choices: `dict` from `grade_id` to `Choice`.
    """
    for choice in choices.values():
        if choice.state == "missing":
            choice.doubts.insert(0, "no cell for it was found")
            for other in choices.values():
                if other.state == "answered" and other.slot.holds_stub(other.text):
                    other.doubts.append(f"may hold the answer to {choice.slot.name} too")
        elif choice.state == "unanswered":
            _look_around(form, choice, segments, choices)
        else:
            _look_for_names(form, choice, segments)
            _look_into_other_answers(form, choice, choices)
    for choice in choices.values():
        if choice.state != "missing" and choice.confidence < DOUBTFUL and not choice.doubts:
            choice.doubts.append(f"found by {choice.method} only (confidence {choice.confidence:.2f})")


def _look_around(form, choice, segments, choices):
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
    for other in choices.values():
        same_kind = (other.slot.kind == "code") == (choice.slot.kind == "code")
        with_more = other.slot.kind != "code" and len(other.used) > 1  # texts below it were taken for its own
        if same_kind and other.state == "answered" and (other.confidence < DOUBTFUL or with_more):
            choice.doubts.append(f"untouched, unless what was taken for {other.slot.name} belongs here")


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
    """What the tests wait for may be set elsewhere too; right below the answer it stays in its place anyway."""
    weak = form.weak[choice.slot.name]
    missing = weak - texts.read_code(choice.text).binds
    for index, segment in enumerate(segments) if weak else ():
        below = segment.kind == "code" and index == choice.used[-1] + 1
        found = weak & texts.read_code(texts.fenced(segment.text)[0]).binds if segment.free else set()
        if found and (not below or missing & found):
            choice.doubts.append(f"cell {segment.number} sets {', '.join(sorted(found))} too")


def _look_into_other_answers(form, choice, choices):
    """A version that was merged into the cell of another answer stays there; it may be the one that was meant."""
    own = {statement.key for statement in texts.read_code(choice.text).statements}
    for other in choices.values():
        if other is not choice and other.slot.kind == "code":
            for statement in texts.read_code(other.text).statements:
                names = form.wanted[choice.slot.name] & statement.defines
                if names and statement.key not in own:
                    choice.doubts.append(f"the cell of {other.slot.name} defines {', '.join(sorted(names))} too")
