"""Pictures and drawings as parts of an HTML page: nothing is fetched when it is opened."""

import base64
import html
import io

import numpy as np

LARGEST = 256  # pixels of the longer side; a page of fifty pictures stays small
STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same page on every machine
    "font.size": 9,
    "axes.titlesize": 10,
    "svg.fonttype": "path",
    "svg.hashsalt": "seglab",
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a class may be called $x$
}


def png_uri(pixels):
    """Encode an image as a data URI.

    Args:
        pixels: Uint8 RGB array `(H, W, 3)`.

    Returns:
        A string.

    Example:
        >>> png_uri(np.zeros((1, 1, 3), np.uint8))[:30]
        'data:image/png;base64,iVBORw0K'
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def svg_uri(figure):
    """Encode a matplotlib figure as a data URI, the same bytes for the same drawing.

    Args:
        figure: `matplotlib.figure.Figure`.

    Returns:
        A string.

    Example:
        >>> from matplotlib.figure import Figure
        >>> svg_uri(Figure()) == svg_uri(Figure())
        True
    """
    from matplotlib import rc_context

    stream = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def shrink(pixels, *, smooth):
    """Make a picture fit into 256 by 256 pixels; a smaller one is left alone.

    Args:
        pixels: Uint8 RGB array `(H, W, 3)`.
        smooth: Whether neighbors are averaged, right for photographs and wrong for labels.

    Returns:
        Uint8 RGB array.

    Example:
        >>> shrink(np.zeros((512, 1024, 3), np.uint8), smooth=True).shape
        (128, 256, 3)
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    factor = LARGEST / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(
        Image.fromarray(pixels).resize(size, Image.Resampling.BOX if smooth else Image.Resampling.NEAREST)
    )


def image_tag(uri, alt, kind=""):
    """Write an `img` element.

    Args:
        uri: Data URI.
        alt: What is seen, for readers who do not see it.
        kind: CSS class; "" for none.

    Returns:
        HTML.

    Example:
        >>> image_tag("data:,", "a < b", "drawing")
        '<img class="drawing" src="data:," alt="a &lt; b">'
    """
    mark = f' class="{kind}"' if kind else ""
    return f'<img{mark} src="{uri}" alt="{html.escape(alt)}">'
