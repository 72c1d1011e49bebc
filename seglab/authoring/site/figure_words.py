"""Words for a figure that Matplotlib drew: the text for who cannot see it, from what is written in the figure itself.

A figure of the course says its claim in its title, so that titles, axes and legends together are a description.
"""

import re


def words(figure):
    """Describe a figure by what is written in it.

    Args:
        figure: A `matplotlib.figure.Figure`.

    Returns:
        One line: title, panels by their titles, axes, and the entries of legends.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure()
        >>> ax = figure.add_subplot(title="Loss falls", xlabel="epoch", ylabel="loss")
        >>> lines = ax.plot([2, 1], label="U-Net")
        >>> legend = ax.legend()
        >>> words(figure)
        'Loss falls. Horizontal: epoch. Vertical: loss. Legend: U-Net.'
    """
    axes = [ax for ax in figure.axes if ax.get_visible()]
    titles = [_titles(ax) for ax in axes]
    title = figure.get_suptitle() or (titles[0] if len(axes) == 1 else "")
    panels = [] if len(axes) == 1 and not figure.get_suptitle() else titles
    legends = [legend for legend in (*figure.legends, *(ax.get_legend() for ax in axes)) if legend is not None]
    named = {
        "Panels": panels,
        "Horizontal": [ax.get_xlabel() for ax in axes],
        "Vertical": [ax.get_ylabel() for ax in axes],
        "Legend": [text.get_text() for legend in legends for text in legend.get_texts()],
    }
    parts = [title, *(f"{name}: {_listed(texts)}" for name, texts in named.items() if _listed(texts))]
    return " ".join(f"{_line(part).rstrip('.')}." for part in parts if part) or "A figure without words."


def attach():
    """Let every figure of this kernel carry its description in its output's metadata, as `alt`.

    IPython makes the picture of a figure with `print_figure`, which may return metadata beside it.
    """
    from IPython.core import pylabtools

    draw = pylabtools.print_figure

    def drawn_and_described(figure, *arguments, **options):
        picture = draw(figure, *arguments, **options)
        return picture if picture is None else (picture, {"alt": words(figure)})

    pylabtools.print_figure = drawn_and_described


def _titles(ax):
    return " ".join(filter(None, (ax.get_title(loc=place) for place in ("left", "center", "right"))))


def _listed(texts):
    return "; ".join(dict.fromkeys(filter(None, map(_line, texts))))


def _line(text):
    """A text in one line, without the marks of Matplotlib's formulas."""
    return " ".join(re.sub(r"\$|\\mathrm|[{}]", "", text).split())
