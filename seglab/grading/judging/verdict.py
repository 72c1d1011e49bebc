"""What a test cell's end means: points, a message for the student, details for the instructor."""

import ast
import math
import traceback
from dataclasses import dataclass

import numpy as np

from seglab.grading.processes.remote import Killed, StudentError, text_of

NEUTRAL = "a hidden test failed"
MAX_MESSAGE = 500
MAX_DETAIL = 4000


class CellTimeout(BaseException):
    """The test cell took too long. Not an `Exception`, so that no test swallows it."""


@dataclass
class Verdict:
    """How a test cell ended.

    Attributes:
        points: What it gives.
        kind: Name of the exception's class, `None` where none was raised.
        error: What the student may read; `None` where all went well. Carries nothing that a hidden test can leak.
        detail: What the instructor reads; may carry hidden inputs and text of the student's.
        given: The number that the test gave, `None` where it gave all or failed: other points follow from it.
    """

    points: float
    kind: str | None = None
    error: str | None = None
    detail: str = ""
    given: float | None = None


def award(value, most):
    """Return the points of a test cell that ended well.

    As under nbgrader these are all of them, unless the last expression is a number: then that many, but
    never less than none and never more than all. (nbgrader gives all for a negative number or for NaN, and
    stops at one above the maximum; a NumPy number is a number here.)

    Args:
        value: Value of the last expression.
        most: Points of the cell.

    Example:
        >>> award(None, 3), award(0.5, 3), award(7, 3), award(float("nan"), 3), award(True, 3)
        (3.0, 0.5, 3.0, 0.0, 3.0)
    """
    given = number_of(value)
    return float(most) if given is None else min(given, float(most))


def number_of(value):
    """Return the number of points that the last expression of a test cell names, `None` where it is no number.

    Args:
        value: Value of the expression.

    Example:
        >>> number_of(0.5), number_of(-1), number_of(float("inf")), number_of(True)
        (0.5, 0.0, 0.0, None)
    """
    if type(value) not in (int, float) and not isinstance(value, np.integer | np.floating):
        return None
    # An int is cut before it becomes a float: it may be too large for one.
    number = float(min(max(value, 0), 10**300)) if isinstance(value, int) else float(value)
    return max(number, 0.0) if math.isfinite(number) else 0.0


def failed(code, error, *, tainted, show_hidden=False):
    """Return the verdict on a test cell that raised.

    Args:
        code: The cell, a `Code`.
        error: The exception.
        tainted: Whether the student's code may have seen hidden inputs before: then nothing that it says is shown.
        show_hidden: Whether literal messages of hidden asserts are shown.

    Returns:
        `Verdict` with 0 points.
    """
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == code.label]
    if isinstance(error, SyntaxError) and error.filename == code.label:
        lines = [error.lineno or 0]
    hidden = not lines or any(code.is_hidden(line) for line in lines)
    line = code.line(lines[0]) if lines else ""
    kind = error.kind if isinstance(error, StudentError) else type(error).__name__
    detail = f"{kind}: {text_of(error)}"[:MAX_DETAIL] + (f"\nline {lines[0]}: {line}" if lines else "")
    return Verdict(0.0, kind, _message(code, error, kind, lines, line, hidden, tainted, show_hidden), detail)


def _message(code, error, kind, lines, line, hidden, tainted, show_hidden):
    if isinstance(error, Killed):
        return str(error)
    if isinstance(error, CellTimeout):
        return "the test took too long"
    if hidden:
        may_show = show_hidden and lines and isinstance(error, AssertionError)
        return (_literal_message(code, lines[-1]) if may_show else None) or NEUTRAL
    if not tainted:
        said = text_of(error).strip()
        if isinstance(error, AssertionError) and not isinstance(error, StudentError):
            return (said or f"failed: {line}")[:MAX_MESSAGE]
        return f"{kind}: {said}"[:MAX_MESSAGE] if said else kind
    return (_literal_message(code, lines[-1]) or f"failed: {line}")[:MAX_MESSAGE]


def _literal_message(code, line):
    """Return the message of the assert on a line where it is a literal: then it says what the author wrote, no more."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or line):
            message = node.msg
            if isinstance(message, ast.Constant) and isinstance(message.value, str):
                return message.value
            if isinstance(message, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "..." for part in message.values]
                return "".join(str(part) for part in parts)
    return None
