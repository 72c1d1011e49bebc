"""The confusion matrix as a picture: which class is taken for which."""

import numpy as np

from seglab.errors import InputError
from seglab.visualization.canvas import axes_or_new, set_title
from seglab.visualization.overlay import class_names

MAX_COUNTED = 11  # classes up to which a cell has room for its count


def show_confusion(confusion, classes, *, title=None, ax=None):
    """Draw a confusion matrix, each row in percent of its true class with the number of pixels beneath.

    Args:
        confusion: Integer array `(K, K)`, rows truth and columns prediction, from `metrics.confusion_matrix`.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage` of row shares in [0, 1]; rows of absent classes are masked and read "n/a".

    Raises:
        InputError: If `confusion` is not `(K, K)`.

    Example:
        >>> shares = show_confusion([[3, 1], [0, 0]], ["background", "cell"]).get_array()
        >>> shares.tolist()
        [[0.75, 0.25], [None, None]]
    """
    names = class_names(classes)
    confusion = np.asarray(confusion)
    count = len(names)
    if confusion.shape != (count, count):
        raise InputError(f"confusion must have shape ({count}, {count}) for {count} classes, got {confusion.shape}")
    total = confusion.sum(axis=1, keepdims=True)
    shares = np.ma.masked_invalid(np.where(total > 0, confusion / np.maximum(total, 1), np.nan))
    ax = axes_or_new(ax, (1.6 + 0.55 * count, 1.4 + 0.5 * count))
    artist = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    ax.set_facecolor("0.94")
    crowded = count > 4 or max(map(len, names)) > (18 if count == 2 else 8)
    ax.set_xticks(range(count), names)
    if crowded:
        for text in ax.get_xticklabels():
            text.set(rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(count), names)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    ax.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="both", length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    big = 9 if count <= 5 else 8.5 if count <= MAX_COUNTED else 5
    for row, col in np.ndindex(count, count):
        _write_cell(ax, row, col, shares[row, col], int(confusion[row, col]), big, count <= MAX_COUNTED)
    set_title(ax, title)
    return artist


def _write_cell(ax, row, col, share, pixels, size, counted):
    if share is np.ma.masked:
        if row == col:
            ax.text(col, row, "n/a", ha="center", va="center", fontsize=size, color="0.35")
        return
    if row != col and (share == 0 or (not counted and share < 0.005)):
        if counted:
            ax.text(col, row, "0", ha="center", va="center", fontsize=size * 0.8, color="0.45")
        return
    color = "white" if share > 0.55 else "0.1"
    weight = "bold" if row == col else "normal"
    offset = -0.16 if counted else 0
    ax.text(
        col,
        row + offset,
        percent(share, sign=counted),
        ha="center",
        va="center",
        fontsize=size,
        color=color,
        weight=weight,
    )
    if counted:
        ax.text(col, row + 0.24, short_count(pixels), ha="center", va="center", fontsize=size * 0.8, color=color)


def percent(share, *, sign=True):
    """Write a share in [0, 1] as whole percent, never rounding a few pixels away to 0 or up to 100.

    Args:
        share: Float in [0, 1].
        sign: Whether to write the percent sign.

    Returns:
        A string.

    Example:
        >>> percent(0.004), percent(0.0), percent(0.999), percent(1.0), percent(0.256)
        ('<1%', '0%', '>99%', '100%', '26%')
    """
    mark = "%" if sign else ""
    if 0 < share < 0.01:
        return f"<1{mark}"
    if 0.99 < share < 1:
        return f">99{mark}"
    return f"{share * 100:.0f}{mark}"


def short_count(pixels):
    """Write a number of pixels in at most five characters.

    Args:
        pixels: Non-negative integer.

    Returns:
        A string.

    Example:
        >>> short_count(812), short_count(9999), short_count(123456), short_count(2500000)
        ('812', '9,999', '123k', '2.5M')
    """
    if pixels < 10_000:
        return f"{pixels:,}"
    if pixels < 999_500:
        return f"{pixels / 1e3:.1f}k" if pixels < 99_950 else f"{pixels / 1e3:.0f}k"
    return f"{pixels / 1e6:.1f}M" if pixels < 99_950_000 else f"{pixels / 1e6:.0f}M"
