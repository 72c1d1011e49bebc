"""Prototype mixer: the demo as a figure, for who reads without a kernel."""

import numpy as np

_COLUMNS = 5


def picture(demo):
    """Draw the scene, the prototypes, their sum, the mask, and the masks of the solved coefficients.

    Args:
        demo: A `PrototypeMixer`.

    Returns:
        Matplotlib figure.

    Example:
        >>> from seglab.widgets import PrototypeMixer
        >>> picture(PrototypeMixer(object=2)).axes[0].get_title(loc="left")
        'C is asked for'
    """
    from matplotlib.figure import Figure

    count = len(demo.names) + 1
    rows = -(-count // _COLUMNS) + 1
    tall = 12 / _COLUMNS * demo.height / demo.width + 0.3
    figure = Figure(figsize=(12, rows * tall + 0.9), layout="constrained")
    axes = figure.subplots(rows, _COLUMNS, squeeze=False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    for ax in axes[:-1].flat[count:]:
        ax.set_visible(False)
    _draw_scene(axes.flat[0], demo)
    for ax, name, values, weight in zip(axes.flat[1:count], demo.names, demo.maps(), demo.coefficients, strict=True):
        ax.imshow(values, cmap="Greys", vmin=0, vmax=1.4 * max(values.max(), 1e-9), interpolation="nearest")
        ax.set_title(f"{weight:+.2f} · {name}", loc="left", fontsize=10)
    _draw_results(axes[-1], demo)
    figure.suptitle(f"The mask of {chr(65 + demo.object)}: a sum of prototypes, cut off by its box")
    return figure


def _draw_scene(ax, demo):
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    masks = np.frombuffer(demo.masks, np.uint8).reshape(-1, demo.height, demo.width)
    painted = np.full((demo.height, demo.width, 3), 240, np.uint8)
    for mask, color in zip(masks.astype(bool), demo.colors["objects"], strict=True):
        painted[mask] = color
    ax.imshow(painted, interpolation="nearest")
    for number, (row, col) in enumerate(demo.places):
        size = 14 if number == demo.object else 9
        ax.text(col, row, chr(65 + number), size=size, weight="bold", ha="center", va="center", path_effects=halo)
    _draw_box(ax, demo)
    ax.set_title(f"{chr(65 + demo.object)} is asked for", loc="left", fontsize=10)


def _draw_results(axes, demo):
    from seglab.visualization import show_errors

    logits, solved = demo.logits(), demo.solution(crop=True)
    limit = max(np.abs(logits).max(), 1e-9)
    axes[0].imshow(logits, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes[0].set_title("the sum (red: above 0)", loc="left", fontsize=10)
    axes[1].imshow(1 / (1 + np.exp(-logits)), cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes[1].set_title("its sigmoid", loc="left", fontsize=10)
    cut = "cut" if demo.crop else "not cut"
    masks = {cut: (None, demo.crop), "solved, cut": (solved, True), "the same, not cut": (solved, False)}
    for ax, (name, (coefficients, crop)) in zip(axes[2:], masks.items(), strict=True):
        y_pred = demo.y_pred(coefficients, crop=crop)
        iou = demo.scores(coefficients, crop=crop)["iou"]
        show_errors(demo.truth().astype(int), y_pred.astype(int), legend=False, ax=ax)
        ax.set_title(f"{name}: IoU {iou:.2f}", loc="left", fontsize=10)
    for ax in axes:
        _draw_box(ax, demo)


def _draw_box(ax, demo):
    from matplotlib.patches import Rectangle

    top, left, bottom, right = demo.boxes[demo.object]
    place = (left - 0.5, top - 0.5)
    ax.add_patch(Rectangle(place, right - left, bottom - top, fill=False, linestyle="--", linewidth=1.6))
