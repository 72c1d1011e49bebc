"""Two rectangles on a grid of pixels, the smallest picture of an overlap."""

from seglab.errors import InputError
from seglab.visualization.canvas import axes_or_new, set_title

# The truth is blue, the prediction red, as lectures draw them; Okabe and Ito's, and told apart by hatch and line too.
_STYLES = (("truth", "#0072b2", "//", "-"), ("prediction", "#d55e00", "..", "--"))


def show_rectangles(truth, prediction, size, *, title=None, ax=None):
    """Draw a true and a predicted rectangle over the lines between pixels, so that pixels can be counted.

    Args:
        truth: `(row, col, height, width)`: the upper left pixel and the size, at least 1 pixel.
        prediction: Four integers, likewise.
        size: `(height, width)` of the picture in pixels.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        List of the two `matplotlib.patches.Rectangle`.

    Raises:
        InputError: If a rectangle has no pixel or does not lie in the picture.

    Example:
        >>> [patch.get_label() for patch in show_rectangles((2, 2, 8, 8), (4, 4, 8, 8), (14, 14))]
        ['truth', 'prediction']
    """
    from matplotlib.patches import Rectangle

    height, width = size
    ax = axes_or_new(ax, (5, 5))
    patches = []
    for (row, col, high, wide), (name, color, hatch, line) in zip((truth, prediction), _STYLES, strict=True):
        if min(high, wide) < 1 or min(row, col) < 0 or row + high > height or col + wide > width:
            raise InputError(
                f"{name} must be (row, col, height, width) of at least one pixel inside of {height} x {width}, "
                f"got {(row, col, high, wide)}. Set size?"
            )
        style = {"facecolor": color + "30", "edgecolor": color, "hatch": hatch, "linestyle": line, "linewidth": 2.5}
        patches.append(ax.add_patch(Rectangle((col, row), wide, high, label=name, **style)))
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal", xticks=range(width + 1), yticks=range(height + 1))
    ax.set(xlabel="column", ylabel="row")
    ax.tick_params(labelsize=7)
    ax.grid(color="0.88", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False)
    set_title(ax, title)
    return patches
