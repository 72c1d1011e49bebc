"""Where a prediction is wrong, and in which way: a map of true and false positives and negatives."""

import numpy as np

from seglab.errors import InputError
from seglab.visualization.canvas import axes_or_new, bare, set_title
from seglab.visualization.overlay import add_legend, diagonals

ERROR_KINDS = ("true negative", "true positive", "false positive", "false negative", "wrong class", "ignored")
TN, TP, FP, FN, WRONG, IGNORED = range(6)
# Lightness falls from right to missed, so that a gray print keeps the order; stripes mark the middle ones.
COLORS = np.array(
    [[240, 240, 240], [150, 200, 228], [240, 160, 20], [112, 24, 16], [150, 90, 170], [255, 255, 255]], np.uint8
)
STRIPE_COLORS = {FP: (128, 72, 0), WRONG: (236, 214, 240), IGNORED: (176, 176, 176)}


def error_map(y_true, y_pred, *, klass=None, background=0, ignore_class=None):
    """Say of each pixel how the prediction stands to the truth.

    With `klass`, the question is that class against all others. Without it, the question is objects against
    `background`; a pixel of an object that got another object's class is "wrong class": a false negative of
    the one and a false positive of the other.

    Args:
        y_true: Integer array `(H, W)`, the ground-truth labels.
        y_pred: Integer array `(H, W)`, the predicted labels.
        klass: Index of the class in question; `None` for objects against background.
        background: Index of the background class; `None` if there is none, then a pixel is right or of a wrong class.
        ignore_class: Label in `y_true` whose pixels are not counted; `None` if there are none.

    Returns:
        Uint8 array `(H, W)` of indices into `ERROR_KINDS`.

    Raises:
        InputError: If the shapes differ or are not `(H, W)`.

    Example:
        >>> error_map(np.array([[0, 0, 1, 1, 2, 255]]), np.array([[0, 1, 1, 0, 1, 0]]), ignore_class=255)
        array([[0, 2, 1, 3, 4, 5]], dtype=uint8)
        >>> error_map(np.array([[0, 0, 1, 1, 2]]), np.array([[0, 1, 1, 0, 1]]), klass=1)
        array([[0, 2, 1, 3, 2]], dtype=uint8)
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape or y_true.ndim != 2:
        raise InputError(f"y_true and y_pred must both have shape (H, W), got {y_true.shape} and {y_pred.shape}")
    if klass is not None:
        truth, found = y_true == klass, y_pred == klass
        wrong = np.zeros(y_true.shape, bool)
    else:
        truth, found = y_true != background, y_pred != background
        wrong = truth & found & (y_true != y_pred)
    kinds = np.select([wrong, truth & found, found, truth], [WRONG, TP, FP, FN], TN).astype(np.uint8)
    if ignore_class is not None:
        kinds[y_true == ignore_class] = IGNORED
    return kinds


def paint_errors(kinds, *, scale=1):
    """Paint an error map: lightness tells right from wrong, stripes tell the kinds of wrong apart.

    Args:
        kinds: Uint8 array `(H, W)` from `error_map`.
        scale: Picture pixels per label pixel, a positive integer; stripes need about 4 to be seen.

    Returns:
        Uint8 RGB array `(H * scale, W * scale, 3)`.

    Example:
        >>> paint_errors(np.zeros((2, 3), np.uint8), scale=2).shape
        (4, 6, 3)
    """
    kinds = np.repeat(np.repeat(np.asarray(kinds), scale, axis=0), scale, axis=1)
    picture = COLORS[kinds]
    for kind, color in STRIPE_COLORS.items():
        picture[(kinds == kind) & diagonals(kinds.shape, rising=kind != WRONG)] = color
    return picture


def show_errors(y_true, y_pred, *, klass=None, background=0, ignore_class=None, legend=True, title=None, ax=None):
    """Draw true positives, false positives, false negatives and ignored pixels.

    Args:
        y_true: Integer array `(H, W)`, the ground-truth labels.
        y_pred: Integer array `(H, W)`, the predicted labels.
        klass: Index of the class in question; `None` for objects against background.
        background: Index of the background class; `None` if there is none.
        ignore_class: Label in `y_true` whose pixels are not counted; `None` if there are none.
        legend: Whether to name the kinds that occur, with their number of pixels, under the picture.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage`; its extent is in label pixels.

    Example:
        >>> artist = show_errors(np.array([[0, 1]]), np.array([[1, 1]]))
        >>> [text.get_text() for text in artist.axes.get_legend().get_texts()]
        ['true positive: 1', 'false positive: 1']
    """
    kinds = error_map(y_true, y_pred, klass=klass, background=background, ignore_class=ignore_class)
    height, width = kinds.shape
    scale = max(1, 320 // max(height, width))
    ax = axes_or_new(ax, (4, 4.4))
    artist = ax.imshow(
        paint_errors(kinds, scale=scale), interpolation="nearest", extent=(-0.5, width - 0.5, height - 0.5, -0.5)
    )
    bare(ax)
    set_title(ax, title)
    if legend:
        add_legend(ax, error_handles(np.bincount(kinds.ravel(), minlength=len(ERROR_KINDS))))
    return artist


def error_handles(counts):
    """Return a legend patch for each kind that occurs, labeled with its number of pixels.

    Args:
        counts: Integer array `(6,)`, pixels of each of `ERROR_KINDS`.

    Returns:
        List of `matplotlib.patches.Patch`.

    Example:
        >>> [patch.get_label() for patch in error_handles([1200, 0, 3, 0, 0, 0])]
        ['true negative: 1,200', 'false positive: 3']
    """
    from matplotlib.patches import Patch

    hatches = {FP: "////", WRONG: "\\\\\\\\", IGNORED: "////"}
    return [
        Patch(
            facecolor=COLORS[kind] / 255,
            edgecolor=np.array(STRIPE_COLORS.get(kind, (110, 110, 110))) / 255,
            hatch=hatches.get(kind),
            linewidth=0.5,
            label=f"{name}: {int(counts[kind]):,}",
        )
        for kind, name in enumerate(ERROR_KINDS)
        if counts[kind]
    ]
