"""How a number moved during training, one line per model."""

import numpy as np

from seglab.visualization.canvas import axes_or_new, series_styles, set_title


def show_curves(histories, key, *, label=None, title=None, ax=None):
    """Draw one entry of several training histories, each line named at its end.

    Args:
        histories: Dict of model name to history; a history is a dict of key to list of floats, one per epoch.
        key: The entry to draw, such as `"val_mean_iou"`. Models without it, or with an empty list, are left out.
        label: Name of the vertical axis; `None` writes the key.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        List of `Line2D`, in the order of `histories`; empty if no history has the key.

    Example:
        >>> lines = show_curves({"U-Net": {"loss": [1.2, 0.7, 0.5]}}, "loss")
        >>> lines[0].get_xdata().tolist()
        [1, 2, 3]
    """
    ax = axes_or_new(ax, (5.2, 3.4))
    styles = dict(zip(histories, series_styles(len(histories)), strict=True))
    lines, ends = [], []
    for name, history in histories.items():
        values = np.array([np.nan if v is None else v for v in (history or {}).get(key) or []], float)
        if not np.isfinite(values).any():
            continue
        epochs = np.arange(1, len(values) + 1)
        (line,) = ax.plot(
            epochs, values, label=name, linewidth=1.6, markersize=4, markevery=max(1, len(values) // 10), **styles[name]
        )
        lines.append(line)
        last = np.flatnonzero(np.isfinite(values))[-1]
        ends.append((float(values[last]), int(epochs[last]), name, styles[name]["color"]))
    ax.set_xlabel("epoch")
    ax.set_ylabel(key if label is None else label)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    if lines:
        longest = max(epoch for _, epoch, _, _ in ends)
        margin = 0.02 * (longest - 1) or 0.5
        ax.set_xlim(1 - margin, longest + margin)
        ax.xaxis.get_major_locator().set_params(integer=True)
        _name_ends(ax, ends)
    set_title(ax, title)
    return lines


def _name_ends(ax, ends):
    """Write each line's name beside its last point, so that no two names touch, also after the limits change."""
    ends = sorted(ends)
    texts = [
        ax.annotate(
            f"{name} {value:.3f}",
            xy=(epoch, value),
            xytext=(1.03, value),
            textcoords=ax.get_yaxis_transform(),
            color="0.15",
            fontsize="small",
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 2},
        )
        for value, epoch, name, color in ends
    ]

    def place(ax):
        low, high = ax.get_ylim()
        for text, height in zip(texts, _spread([value for value, *_ in ends], 0.065 * (high - low), high), strict=True):
            text.set_position((1.03, height))

    ax.set_ylim(ax.get_ylim())
    ax.callbacks.connect("ylim_changed", place)
    place(ax)


def _spread(heights, gap, high):
    """Move sorted heights apart to at least `gap`: up first, then what went over the top down again.

    Example:
        >>> _spread([1.0, 1.0, 5.0], 2.0, 5.0)
        [1.0, 3.0, 5.0]
        >>> _spread([4.0, 5.0], 2.0, 5.0)
        [3.0, 5.0]
    """
    spread = list(heights)
    for i in range(1, len(spread)):
        spread[i] = max(spread[i], spread[i - 1] + gap)
    spread[-1] = min(spread[-1], max(high, heights[-1]))
    for i in range(len(spread) - 2, -1, -1):
        spread[i] = min(spread[i], spread[i + 1] - gap)
    return spread
