"""Where a drawing goes, and the marks that tell one series from the next without color."""

GRAY = "#595959"  # 7:1 on white
MARKERS = "osD^vPX*"
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "++++", "oooo", "----")


def axes_or_new(ax, size):
    """Return `ax`, or the only axes of a new figure that pyplot does not know.

    Args:
        ax: Matplotlib axes, or `None` for new ones.
        size: `(width, height)` of a new figure in inches.

    Returns:
        The axes.

    Example:
        >>> axes_or_new(None, (4, 3)).figure.get_size_inches()
        array([4., 3.])
    """
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").add_subplot()


def set_title(ax, title):
    """Set the claim that the drawing supports, flush left as a sentence is; `None` leaves the title alone."""
    if title is not None:
        ax.set_title(title, loc="left")


def bare(ax):
    """Take ticks and frame from an axes that holds a picture."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def series_styles(count):
    """Return color, marker and dashes of each of `count` series, from light to dark.

    Series differ by lightness, marker and dashes, so a gray print still tells them apart; hues are left to classes.

    Args:
        count: Number of series, 0 or more.

    Returns:
        List of `count` dicts with keys `color`, `marker`, `linestyle`; the last one is the darkest.

    Example:
        >>> [style["marker"] for style in series_styles(3)]
        ['o', 's', 'D']
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    ramp = colormaps["viridis"]
    steps = [0.58 * (1 - index / (count - 1)) if count > 1 else 0.0 for index in range(count)]
    return [
        {
            "color": to_hex(ramp(step)),
            "marker": MARKERS[index % len(MARKERS)],
            "linestyle": DASHES[index % len(DASHES)] if index < count - 1 else "-",
        }
        for index, step in enumerate(steps)
    ]
