"""Where a cell's text falls apart: at the markers of answers, and around copies of given cells."""

from seglab.grading.repair import texts
from seglab.grading.repair.markers import marked

LONG_BLOCK = 40  # characters; a shorter given text in the midst of another cell may be a coincidence
MAX_GAP = 5  # empty lines after which a program may go on
SHORT_BLOCK = 8  # characters; at the end of a cell that many tell


def cut_text(text, form, present):
    """Cut a text at markers and at given texts.

    Args:
        text: Text of a submitted cell.
        form: The `Form` of the sheet.
        present: Positions of the given cells that are whole cells of the submission.

    Returns:
        List of `(lines, slot, given)`: the lines of a piece; the `grade_id` whose marker stood above it, or `None`;
        the `FormCell` that it is a copy of, or `None`.
    """
    runs, lines = [([], None, None)], text.split("\n")
    tail = _tail(lines, form)
    position, own = 0, False  # whether something of the student's was seen
    while position < len(lines):
        line = lines[position].rstrip()
        name = marked(line)
        at_an_end = not own or position >= tail
        block = next(_blocks_at(lines, position, at_an_end, form, present), None)
        if name in form.slots:
            runs.append(([], name, None))
            position += 1
        elif block is not None:
            size, given = block
            runs += [(lines[position : position + size], None, given), ([], None, None)]
            position += size
        else:
            runs[-1][0].append(lines[position])
            position += 1
            own = own or bool(line.strip())
    return runs


def clean(text, form):
    """Return an answer without markers and without the given texts in it, as a second repair would leave it.

    Args:
        text: The answer.
        form: The `Form` of the sheet.

    Returns:
        `str`.
    """
    everything = {cell.position for cell in form.cells}
    while True:
        text = texts.tidy(text)
        runs = cut_text(text, form, everything)
        if len(runs) == 1 and runs[0][1] is None:
            return text
        text = "\n".join(line for lines, _, given in runs if given is None for line in lines)


def _tail(lines, form):
    """The line from which on there is nothing but tests."""
    end = len(lines)
    while True:
        while end and not lines[end - 1].strip():
            end -= 1
        for block in form.test_endings.get(lines[end - 1].rstrip(), ()) if end else ():
            if [line.rstrip() for line in lines[max(0, end - len(block)) : end]] == block:
                end -= len(block)
                break
        else:
            return end


def _blocks_at(lines, position, at_an_end, form, present):
    """Yield the given texts that begin in a line: `(number of lines, FormCell)`.

    A copied set-up cell stays where it is as long as the original is there too: the code around it may need it.
    """
    for block, given in form.blocks.get(lines[position].rstrip(), ()):
        end, size = position + len(block), sum(map(len, block))
        elsewhere = given.position in present
        at_an_end = at_an_end or (end >= len(lines) and not elsewhere)
        if given.role == "setup" and elsewhere:
            continue
        if size < LONG_BLOCK and (size < SHORT_BLOCK or not at_an_end or (elsewhere and given.role != "test")):
            continue
        below = next((line for line in lines[end : end + MAX_GAP] if line.strip()), "")
        goes_on = below.startswith((" ", "\t")) and given.kind == "code"
        if [line.rstrip() for line in lines[position:end]] == block and not goes_on:
            yield len(block), given
