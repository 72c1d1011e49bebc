"""The comment by which an answer is found again when its metadata is lost.

`seglab.authoring.student_form.marker` writes it into every answer of a release.
"""

import re

MARKER = re.compile(r"^[ \t]*(?:#|<!--)[ \t]*seglab:[ \t]*([\w.:-]+)[^\n]*$", re.MULTILINE)
"""A whole line that is a marker; the group is the answer's id."""


def marked(line):
    """Return the id in a marker line.

    Args:
        line: One line of a cell.

    Returns:
        `str`, or `None` where the line is no marker.

    Example:
        >>> marked("# seglab: q2-iou (keep this line)"), marked("<!-- seglab: q6-why -->"), marked("# q2-iou")
        ('q2-iou', 'q6-why', None)
    """
    found = MARKER.match(line) if "seglab:" in line else None
    return found[1] if found else None


def without_markers(text):
    """Return a text without its marker lines.

    Args:
        text: Text of a cell.

    Returns:
        `str`.

    Example:
        >>> without_markers("# seglab: q1 (keep this line)" + chr(10) + "x = 1")
        'x = 1'
    """
    if "seglab:" not in text:
        return text
    return "\n".join(line for line in text.split("\n") if marked(line) is None)
