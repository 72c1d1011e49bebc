"""One bar per class: its IoU, and the gain over the baseline."""

import numpy as np

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.visualization.canvas import GRAY, HATCHES, axes_or_new, set_title
from seglab.visualization.overlay import class_names


def show_class_bars(evaluations, classes, *, baseline=None, order=None, title=None, ax=None):
    """Draw the IoU of each class as a bar in the class's color, with the gain over a baseline written beside it.

    Args:
        evaluations: Dict of model name to its IoU per class, an array `(K,)` in [0, 1] with `nan` or `None` for
            absent classes. Several models share a class's color and differ by hatch.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        baseline: IoU per class of the baseline, `(K,)`, drawn as a tick on each bar; `None` if there is none.
        order: Class indices from top to bottom; `None` sorts by mean IoU over the models, absent classes last.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        List of `BarContainer`, one per model.

    Raises:
        InputError: If a list of IoUs does not have one entry per class.

    Example:
        >>> (bars,) = show_class_bars({"U-Net": [0.9, 0.6]}, ["background", "cell"], baseline=[0.8, 0.0])
        >>> [round(float(bar.get_width()), 2) for bar in bars]
        [0.9, 0.6]
    """
    names = class_names(classes)
    scores = {name: _floats(values, len(names), name) for name, values in evaluations.items()}
    base = None if baseline is None else _floats(baseline, len(names), "baseline")
    order = class_order(list(scores.values()), len(names)) if order is None else list(order)
    many = len(scores) > 1
    ax = axes_or_new(ax, (5.2, 0.9 + len(order) * (0.2 + 0.16 * len(scores))))
    colors = class_colors(len(names)) / 255
    thick = 0.8 / max(1, len(scores))
    containers = []
    for index, (name, values) in enumerate(scores.items()):
        rows = np.arange(len(order)) + (index - (len(scores) - 1) / 2) * thick
        bars = ax.barh(
            rows,
            np.nan_to_num(values[order]),
            height=thick * 0.92,
            color=colors[order],
            edgecolor="white" if many else "0.3",
            linewidth=0.5,
            hatch=HATCHES[index % len(HATCHES)] if many else None,
            label=name,
        )
        containers.append(bars)
        for row, klass in zip(rows, order, strict=True):
            _write_bar(ax, row, values[klass], None if base is None else base[klass])
        if base is not None:
            here = base[order] > 0  # at 0 the axis itself is the tick
            for color, width in (("white", 4.0), ("black", 1.8)):  # the rim shows the tick on a dark bar
                ax.vlines(base[order][here], (rows - thick / 2)[here], (rows + thick / 2)[here], color, linewidth=width)
    ax.set_yticks(range(len(order)), [names[klass] for klass in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_xlabel("IoU")
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)
    if many:
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), frameon=False, fontsize="small", ncols=2)
    set_title(ax, title)
    return containers


def class_order(scores, count):
    """Sort class indices by mean score over models, best first, absent classes last.

    Args:
        scores: List of float arrays `(K,)`; `nan` where a class is absent.
        count: Number of classes `K`.

    Returns:
        List of `K` indices.

    Example:
        >>> class_order([np.array([0.2, np.nan, 0.9])], 3)
        [2, 0, 1]
    """
    table = np.array(scores, float).reshape(-1, count)
    seen = np.isfinite(table)
    means = np.where(seen.any(axis=0), np.where(seen, table, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1), -1.0)
    return np.argsort(-means, kind="stable").tolist()


def _floats(values, count, name):
    floats = np.array([np.nan if value is None else value for value in values], float)
    if floats.shape != (count,):
        raise InputError(f"evaluations[{name!r}] must hold one IoU per class ({count}), got {len(floats)}")
    return floats


def _write_bar(ax, row, value, base):
    """Write value and gain in a column right of the axes, which end at 1."""
    if not np.isfinite(value):
        ax.text(1.04, row, "n/a", va="center", fontsize="small", color=GRAY)
        return
    text = f"{value:.2f}"
    if base is not None and np.isfinite(base):
        gain = round(value, 2) - round(base, 2)  # of the printed numbers, so that a reader who subtracts gets the same
        text += f" ({gain:+.2f})".replace("-", "−")
    ax.text(1.04, row, text, va="center", fontsize="small")
