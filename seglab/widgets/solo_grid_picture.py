"""SOLO grid: the demo as a figure, for who reads without a kernel."""

import numpy as np

_INK, _LOST = "#111111", "#c02000"


def picture(demo):
    """Draw the objects over their grid, and the cells by owner, on the grids of the demo and on one twice as fine.

    Args:
        demo: A `SoloGrid`.

    Returns:
        Matplotlib figure.

    Example:
        >>> from seglab.widgets import SoloGrid
        >>> picture(SoloGrid(cells=5)).axes[1].get_title(loc="left")
        'S = 5: 2 of 7 have no cell'
    """
    from matplotlib.figure import Figure

    now, finer = demo.grids(), [(2 * demo.cells, 0, np.inf)]
    panels = 2 + len(now)
    figure = Figure(figsize=(13, 13 / panels * demo.height / demo.width + 0.8), layout="constrained")
    axes = figure.subplots(1, panels)
    _draw_objects(axes[0], demo)
    for ax, owners, claimed, (cells, _, largest) in zip(axes[1:], demo.owners(), demo.claims(), now, strict=False):
        _draw_field(ax, demo, owners, claimed)
        said = _said(demo.scores()) if len(now) == 1 else "small objects" if largest == demo.limit else "large objects"
        ax.set_title(f"S = {cells}: {said}", loc="left", fontsize=11)
    _draw_field(axes[-1], demo, demo.owners(finer)[0], demo.claims(finer)[0])
    axes[-1].set_title(f"S = {2 * demo.cells}: {_said(demo.scores(finer))}", loc="left", fontsize=11)
    figure.suptitle(
        "Middle regions (squares) claim cells; where several claim one (hatched), the smallest object gets it"
    )
    return figure


def _said(scores):
    return f"{scores['lost']} of {scores['objects']} have no cell"


def _draw_objects(ax, demo):
    painted = np.full((demo.height, demo.width, 3), 240, np.uint8)
    kept = {one for owners in demo.owners() for one in np.unique(owners)}
    masks = demo.visible()
    for mask, color in zip(masks, demo.colors, strict=True):
        painted[mask] = color
    ax.imshow(painted, interpolation="nearest", extent=(0, demo.width, demo.height, 0))
    _draw_lines(ax, demo, demo.cells)
    for number, mask in enumerate(masks):
        if not mask.any():
            continue
        rows, cols = np.nonzero(mask)
        row, col = rows.mean() + 0.5, cols.mean() + 0.5
        tall, wide = demo.center * (np.ptp(rows) + 1), demo.center * (np.ptp(cols) + 1)
        _rectangle(ax, (col - wide / 2, row - tall / 2), wide, tall, edgecolor=_INK, linewidth=1.4)
        ax.plot(col, row, "o", color=_INK, markersize=3)
        name = chr(65 + number) + ("" if number in kept else " ×")
        top = max(rows.min() - 3, 3)
        _letter(ax, (cols.min() + cols.max() + 1) / 2, top, name, color=_INK if number in kept else _LOST)
    ax.set_title(f"objects, S = {demo.cells} (×: no cell)", loc="left", fontsize=11)


def _draw_field(ax, demo, owners, claimed):
    cells = len(owners)
    tall, wide = demo.height / cells, demo.width / cells
    _draw_lines(ax, demo, cells)
    for i, j in np.argwhere(owners >= 0):
        rivals = int(claimed[:, i, j].sum())
        color = np.array(demo.colors[owners[i, j]]) / 255
        style = {"hatch": "///", "edgecolor": _LOST, "linewidth": 1.4} if rivals > 1 else {"edgecolor": _INK}
        _rectangle(ax, (j * wide, i * tall), wide, tall, fill=True, facecolor=color, **style)
        if cells <= 16:
            _letter(ax, (j + 0.5) * wide, (i + 0.5) * tall, chr(65 + owners[i, j]), size=10 if cells > 8 else 12)
    ax.set(xlim=(0, demo.width), ylim=(demo.height, 0), aspect="equal")


def _draw_lines(ax, demo, cells):
    ax.vlines(np.arange(cells + 1) * demo.width / cells, 0, demo.height, color="#8c959f", linewidth=0.7)
    ax.hlines(np.arange(cells + 1) * demo.height / cells, 0, demo.width, color="#8c959f", linewidth=0.7)
    ax.set(xticks=[], yticks=[])


def _rectangle(ax, place, wide, tall, *, fill=False, **style):
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle(place, wide, tall, fill=fill, zorder=2, **style))


def _letter(ax, x, y, text, *, size=11, color=_INK):
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    ax.text(x, y, text, size=size, weight="bold", color=color, ha="center", va="center", path_effects=halo, zorder=4)
