"""The U of a U-Net as a Matplotlib figure."""

import math
from itertools import pairwise

BLUE, ORANGE, INK, SOFT = "#0072b2", "#c04a00", "#1b1b1b", "#57606a"
TEXT_HEIGHT = 0.62
TALLEST_BAR = 1.0


def draw_unet(demo):
    """Draw the blocks of a `UNetShapes`: three bars each, their sizes and channels above them.

    Args:
        demo: `UNetShapes` with a legal size, or not: then the bars have no sizes.

    Returns:
        `matplotlib.figure.Figure`.

    Example:
        >>> from seglab.widgets import UNetShapes
        >>> draw_unet(UNetShapes(64, depth=2, base_filters=8)).axes[0].get_title(loc="left")
        '64 × 64 in, 64 × 64 out'
    """
    from matplotlib.figure import Figure

    depth, maps = demo.depth, demo.maps()
    blocks = {}
    for one in maps:
        blocks.setdefault(one.block, []).append(one)
    levels = range(1, depth + 2)
    tall = {level: TALLEST_BAR * 0.72 ** (level - 1) for level in levels}
    top = {level: -sum(tall[above] + TEXT_HEIGHT for above in range(1, level)) for level in levels}
    figure = Figure(figsize=(10, 0.95 * (TEXT_HEIGHT - top[depth + 1] + tall[depth + 1]) + 0.5), layout="constrained")
    ax = figure.add_subplot()
    widest = math.log2(max(one.channels for one in maps) + 1)
    step = 10 / (2 * depth + 1.9)
    places = {}  # block -> (left, right, bottom, middle, where a map from below arrives) of its bars
    for column, (block, parts) in enumerate(blocks.items()):
        level = depth + 1 if block == "bottleneck" else 1 if block == "logits" else int(block[-1])
        x = column * step + (0.25 * step if block == "logits" and depth > 4 else 0)
        left, y = x, top[level] - tall[level]
        for one in parts:
            if one.kind == "up":
                continue  # the right half of the concatenation
            wide = 0.2 * step * (0.25 + 0.75 * math.log2(one.channels + 1) / widest)
            color = "white" if one.kind in ("input", "logits") else BLUE
            ax.bar(x, tall[level], wide, bottom=y, align="edge", color=color, edgecolor=INK, linewidth=0.8)
            if one.kind == "concat":
                options = {"color": "#f2d3bf", "edgecolor": ORANGE, "hatch": "////", "linewidth": 0.8}
                ax.bar(x, tall[level], wide / 2, bottom=y, align="edge", **options)
            x += wide + 0.06 * step
        arrival = (
            left + 0.15 * step * (0.25 + 0.75 * math.log2(parts[1].channels + 1) / widest) if len(parts) > 1 else left
        )
        places[block] = (left, x - 0.06 * step, y, y + tall[level] / 2, arrival)
        first, last = parts[0], parts[-1]
        channels = f"{2 * first.channels if first.kind == 'up' else first.channels}"
        if block != "logits":
            channels += f" → {last.channels}"
        sizes = {first.size: f"{first.size}"} if first.size == last.size else {0: f"{first.size} → {last.size}"}
        size = next(iter(sizes.values())) if first.size else "–"
        ax.text(left, top[level] + 0.05, f"{size}\n{channels}", va="bottom", fontsize=8.5, color=INK, linespacing=1.25)
    _draw_arrows(ax, demo, places)
    out = demo.output_size()
    fate = f"{out} × {out} out" if out else "does not fit"
    ax.set_title(f"{demo.size} × {demo.size} in, {fate}", loc="left")
    ax.set(xlim=(-0.15, 10), ylim=(top[depth + 1] - tall[depth + 1] - 0.1, TEXT_HEIGHT))
    ax.axis("off")
    return figure


def _draw_arrows(ax, demo, places):
    """Poolings down, up-convolutions up, skips across with what they lose."""
    depth = demo.depth
    names = [f"encoder{level}" for level in range(1, depth + 1)] + ["bottleneck"]
    names += [f"decoder{level}" for level in range(depth, 0, -1)]
    for before, after in pairwise(names):
        (_, right, bottom, middle, _), (left, _, floor, end, arrival) = places[before], places[after]
        if after == "bottleneck" or after.startswith("encoder"):
            corner = [right - 0.08, right - 0.08, left], [bottom, end, end]
        else:
            corner = [right, arrival, arrival], [middle, middle, floor]
        ax.plot(*corner, color=SOFT, linewidth=1, zorder=0)
        tip = corner[0][-1], corner[1][-1]
        elbow = corner[0][1], corner[1][1]
        ax.annotate(
            "", tip, elbow, arrowprops={"arrowstyle": "->", "color": SOFT, "shrinkA": 0, "shrinkB": 1}, zorder=0
        )
    for level, crop in enumerate(demo.crops(), start=1):
        (_, start, _, y, _), (end, *_) = places[f"encoder{level}"], places[f"decoder{level}"]
        arrow = {"arrowstyle": "->", "color": ORANGE, "linestyle": "--"}
        ax.annotate("", (end, y), (start, y), arrowprops=arrow)
        label = f"crop {crop}" if crop else "copy"
        ax.text((start + end) / 2, y + 0.03, label, ha="center", va="bottom", fontsize=8.5, color=ORANGE)
