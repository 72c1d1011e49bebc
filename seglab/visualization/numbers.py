"""Small arrays as grids of numbers in one line, like an equation, every cell of the same size."""

from typing import Any, NamedTuple

import numpy as np

from seglab.errors import InputError
from seglab.visualization.canvas import GRAY, axes_or_new, set_title

SIGN_WIDTH = 1.3  # what a sign between two arrays takes, in cells
GAP = 0.6  # between two neighbors
TITLE_HEIGHT = 1.1
LARGEST_FONT = 12
INK = "#1a1a1a"


class Numbers(NamedTuple):
    """One array of an equation, and what to point out in it.

    Attributes:
        values: Array `(H, W)`, or `(W,)` for one row, of numbers. `nan` leaves a cell empty; booleans count as 0 and 1.
        name: What stands above it; several lines are allowed.
        marked: Boolean array of the same shape: cells inside of a thick outline. None if `None`.
        removed: Boolean array of the same shape: cells struck out by stripes. None if `None`.
        limit: Magnitude that gets the darkest shade; the largest of `values` if `None`.
    """

    values: Any
    name: str = ""
    marked: Any = None
    removed: Any = None
    limit: float | None = None


def show_numbers(parts, *, title=None, cell=0.42, ax=None):
    """Draw arrays and the signs between them from left to right, as an equation is written.

    The larger a number's magnitude, the darker its cell.

    Args:
        parts: Sequence of `Numbers`, and of strings: signs such as `"="`.
        title: The claim that the picture supports; `None` leaves the title alone.
        cell: Side of a cell in inches, in a figure of its own; with `ax`, the side that the digits are sized for.
        ax: Matplotlib axes; `None` draws in a figure of its own, as large as it needs.

    Returns:
        The axes; one unit of their coordinates is one cell.

    Raises:
        InputError: If there is no array, one is empty or has more than two axes, or marks have another shape.

    Example:
        >>> x = np.array([[0, 1], [2, 3]])
        >>> ax = show_numbers([Numbers(x, "x"), "+", Numbers(x, "x"), "=", Numbers(2 * x, "2 x", marked=x > 2)])
        >>> [text.get_text() for text in ax.texts][-5:]
        ['0', '2', '4', '6', '2 x']
    """
    parts = [part if isinstance(part, str) else _checked(part) for part in parts]
    arrays = [part for part in parts if not isinstance(part, str)]
    if not arrays:
        raise InputError("parts must hold at least one Numbers, got none.")
    height = max(len(part.values) for part in arrays)
    heading = max(_heading(part) - (height - len(part.values)) / 2 for part in arrays)  # what stands above the highest
    widths = [SIGN_WIDTH if isinstance(part, str) else _width(part) for part in parts]
    width = sum(widths) + GAP * (len(parts) - 1)
    line = 0.35 if title is not None else 0.0  # inches for the title
    ax = axes_or_new(ax, ((width + 0.4) * cell, (height + heading + 0.4) * cell + line))

    left = 0.0
    for part, taken in zip(parts, widths, strict=True):
        if isinstance(part, str):
            ax.text(left + taken / 2, height / 2, part, ha="center", va="center", fontsize=16, color=INK)
        else:
            _draw(ax, part, left + (taken - part.values.shape[1]) / 2, (height - len(part.values)) / 2, cell)
        left += taken + GAP
    ax.set(xlim=(-0.2, width + 0.2), ylim=(height + 0.2, -heading - 0.2), aspect="equal")
    ax.axis("off")
    set_title(ax, title)
    return ax


def _checked(part):
    values = np.atleast_2d(np.asarray(part.values))
    if values.ndim != 2 or not values.size:
        raise InputError(f"values must have shape (H, W) or (W,) and be not empty, got {np.shape(part.values)}.")
    values = values.astype(int) if values.dtype == bool else values
    masks = {}
    for name in ("marked", "removed"):
        mask = getattr(part, name)
        mask = np.zeros(values.shape, bool) if mask is None else np.atleast_2d(np.asarray(mask, bool))
        if mask.shape != values.shape:
            raise InputError(f"{name} must have the shape of values, {values.shape}, got {mask.shape}.")
        masks[name] = mask
    return part._replace(values=values, **masks)


def _width(part):
    """Cells that an array takes: its columns, or its name if that is longer."""
    letters = max(len(line) for line in part.name.split("\n"))
    return max(part.values.shape[1], 0.2 * letters)


def _heading(part):
    """Cells that the name takes above an array."""
    return (part.name.count("\n") + 1) * TITLE_HEIGHT if part.name else 0


def _draw(ax, part, left, top, cell):
    """Draw one array with its upper left corner at (left, top)."""
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    values = part.values.astype(float)
    known = np.isfinite(values)
    limit = part.limit or max(np.abs(values[known]).max(initial=0), 1e-12)
    longest = max((len(_text(value)) for value in part.values[known]), default=1)
    fontsize = min(LARGEST_FONT, 72 * cell * min(0.5, 1.2 / longest))
    for (row, col), value in np.ndenumerate(values):
        removed = part.removed[row, col]
        shade = 0.6 * min(abs(value) / limit, 1) if known[row, col] and not removed else 0.0
        ax.add_patch(
            Rectangle(
                (left + col, top + row),
                1,
                1,
                facecolor=colormaps["Blues"](shade) if known[row, col] else "white",
                edgecolor="#b5b5b5" if known[row, col] else "#dddddd",
                linewidth=0.6,
                hatch="/////" if removed else None,
            )
        )
        if not known[row, col]:
            continue
        ax.text(
            left + col + 0.5,
            top + row + 0.5,
            _text(part.values[row, col]),
            ha="center",
            va="center",
            fontsize=fontsize,
            color=GRAY if removed or value == 0 else INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1} if removed else None,
        )
    for xs, ys in _outline(part.marked):
        ax.plot([left + x for x in xs], [top + y for y in ys], color="#D55E00", linewidth=2.5, solid_capstyle="round")
    if part.name:
        center = left + values.shape[1] / 2
        ax.text(center, top - 0.3, part.name, ha="center", va="bottom", fontsize=10, color=INK, linespacing=1.3)


def _text(value):
    return f"{value:.3g}" if np.asarray(value).dtype.kind == "f" else f"{value:d}"


def _outline(mask):
    """Sides of the marked cells that have no marked cell beyond them, as pairs (xs, ys)."""
    padded = np.pad(mask, 1)
    for row, col in np.argwhere(mask):
        if not padded[row, col + 1]:
            yield (col, col + 1), (row, row)
        if not padded[row + 2, col + 1]:
            yield (col, col + 1), (row + 1, row + 1)
        if not padded[row + 1, col]:
            yield (col, col), (row, row + 1)
        if not padded[row + 1, col + 2]:
            yield (col + 1, col + 1), (row, row + 1)
