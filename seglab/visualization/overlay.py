"""Labels in class colors: alone, over their image, and the legend that names the colors."""

import numpy as np

from seglab.errors import InputError
from seglab.labels import class_colors, colorize
from seglab.visualization.canvas import axes_or_new, bare, set_title

BACKGROUND_NAMES = ("background", "bg")
STRIPES = 6  # period of a hatch in pixels of the picture


def class_names(classes):
    """Return the name of every label index.

    Args:
        classes: Class names in index order. One name alone is the foreground of a model with one logit.

    Returns:
        Tuple of strings, at least two.

    Raises:
        InputError: If `classes` is empty.

    Example:
        >>> class_names(["cell"])
        ('background', 'cell')
    """
    names = tuple(str(name) for name in classes)
    if not names:
        raise InputError("classes must hold at least one name, got none. Pass data.classes?")
    return ("background", *names) if len(names) == 1 else names


def background_class(classes):
    """Return the index of the class that stands for "nothing here", or `None` if every class is a thing or stuff.

    Args:
        classes: Class names in index order.

    Returns:
        0 if the first class is called background, else `None`.

    Example:
        >>> background_class(["background", "cell"]), background_class(["sky", "road"])
        (0, None)
    """
    return 0 if class_names(classes)[0].strip().lower() in BACKGROUND_NAMES else None


def as_image(image):
    """Return `image` as float32 RGB in [0, 1].

    Args:
        image: Array `(H, W, 3)`, `(H, W, 1)` or `(H, W)`; float in [0, 1] or uint8.

    Returns:
        Float32 array `(H, W, 3)`.

    Raises:
        InputError: If the shape is another one.

    Example:
        >>> as_image(np.full((1, 1), 255, np.uint8))
        array([[[1., 1., 1.]]], dtype=float32)
    """
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[-1] not in (1, 3):
        raise InputError(f"image must have shape (H, W, 3) or (H, W), got {image.shape}. Pass one image, not a batch?")
    scale = 255.0 if image.dtype == np.uint8 else 1.0
    return np.clip(np.broadcast_to(image, (*image.shape[:2], 3)).astype(np.float32) / scale, 0.0, 1.0)


def diagonals(shape, *, rising=True):
    """Return a mask of diagonal stripes, the second cue beside color.

    Args:
        shape: `(height, width)` of the picture.
        rising: Whether stripes rise to the right.

    Returns:
        Boolean array of `shape`, about one pixel in three true.

    Example:
        >>> diagonals((1, 6)).tolist()
        [[True, True, False, False, False, False]]
    """
    rows, cols = np.indices(shape, sparse=True)
    return (cols + (rows if rising else -rows)) % STRIPES < STRIPES // 3


def outlines(labels):
    """Return the mask of pixels whose right or lower neighbor has another label.

    Args:
        labels: Integer array `(H, W)`.

    Returns:
        Boolean array `(H, W)`.

    Example:
        >>> outlines(np.array([[0, 0, 1]])).tolist()
        [[False, True, False]]
    """
    edges = np.zeros(labels.shape, bool)
    edges[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edges[:-1] |= labels[:-1] != labels[1:]
    return edges


def tinted_image(image, labels, classes, *, alpha=0.45, ignore_class=None):
    """Tint an image with the colors of its labels.

    Background keeps the photograph as it is; objects are tinted and outlined; ignored pixels are striped.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8.
        labels: Integer array `(H, W)` with values in `[0, K)`, or `ignore_class`.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        alpha: Opacity of the tint in [0, 1].
        ignore_class: Label of pixels that are not counted; `None` if there are none.

    Returns:
        Float32 array `(H, W, 3)` in [0, 1].

    Raises:
        InputError: If the sizes of image and labels differ.

    Example:
        >>> tinted_image(np.ones((2, 2, 3)), np.zeros((2, 2), int), ["background", "cell"]).min()
        np.float32(1.0)
    """
    image, labels = as_image(image), np.asarray(labels)
    if image.shape[:2] != labels.shape:
        raise InputError(f"image and labels must have one size, got {image.shape[:2]} and {labels.shape}")
    if not 0 <= alpha <= 1:
        raise InputError(f"alpha must lie in [0, 1], got {alpha}")
    names = class_names(classes)
    colors = colorize(labels, len(names), ignore_class=ignore_class).astype(np.float32) / 255
    ignored = labels == ignore_class if ignore_class is not None else np.zeros(labels.shape, bool)
    tinted = ~ignored & (labels != background_class(names))
    opacity = np.where(tinted, alpha, 0.0)
    opacity[outlines(labels) & tinted] = 1.0
    opacity[ignored & diagonals(labels.shape)] = 1.0  # colorize paints ignored pixels white
    return image + (colors - image) * opacity[..., None].astype(np.float32)


def legend_handles(classes, *, ignored=False):
    """Return one patch per class, in index order, for a discrete legend.

    Args:
        classes: Class names in index order.
        ignored: Whether to add an entry for pixels that are not counted.

    Returns:
        List of `matplotlib.patches.Patch`.

    Example:
        >>> [patch.get_label() for patch in legend_handles(["sky", "road"], ignored=True)]
        ['sky', 'road', 'not counted']
    """
    from matplotlib.patches import Patch

    names = class_names(classes)
    colors = class_colors(len(names)) / 255
    handles = [
        Patch(facecolor=color, edgecolor="0.4", linewidth=0.5, label=name)
        for name, color in zip(names, colors, strict=True)
    ]
    if ignored:
        handles.append(Patch(facecolor="white", edgecolor="0.4", linewidth=0.5, hatch="////", label="not counted"))
    return handles


def add_legend(ax, handles):
    """Put a legend of patches under a picture, in as many columns as names of this length allow."""
    longest = max(len(handle.get_label()) for handle in handles)
    columns = min(len(handles), max(2, 40 // (longest + 4)))
    return ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=columns, frameon=False, fontsize="small"
    )


def show_labels(labels, classes, *, ignore_class=None, legend=True, title=None, ax=None):
    """Draw labels in their class colors.

    Args:
        labels: Integer array `(H, W)` with values in `[0, K)`, or `ignore_class`.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        ignore_class: Label of pixels that are not counted, drawn white; `None` if there are none.
        legend: Whether to name the colors under the picture.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage`.

    Example:
        >>> show_labels(np.eye(3, dtype=int), ["background", "line"]).get_interpolation()
        'nearest'
    """
    names, labels = class_names(classes), np.asarray(labels)
    ax = axes_or_new(ax, (4, 4.4))
    artist = ax.imshow(colorize(labels, len(names), ignore_class=ignore_class), interpolation="nearest")
    return _finish(ax, artist, names, labels, ignore_class, legend, title)


def show_overlay(image, labels, classes, *, alpha=0.45, ignore_class=None, legend=True, title=None, ax=None):
    """Draw an image tinted with the colors of its labels.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8.
        labels: Integer array `(H, W)` with values in `[0, K)`, or `ignore_class`.
        classes: The `K` class names in index order; one name alone is the foreground of a binary task.
        alpha: Opacity of the tint in [0, 1].
        ignore_class: Label of pixels that are not counted, drawn striped; `None` if there are none.
        legend: Whether to name the colors under the picture.
        title: The claim that the picture supports; `None` leaves the title alone.
        ax: Matplotlib axes; `None` draws in a figure of its own.

    Returns:
        The `AxesImage`.

    Example:
        >>> show_overlay(np.ones((3, 3, 3)), np.eye(3, dtype=int), ["background", "line"]).get_array().shape
        (3, 3, 3)
    """
    picture = tinted_image(image, labels, classes, alpha=alpha, ignore_class=ignore_class)
    ax = axes_or_new(ax, (4, 4.4))
    artist = ax.imshow(picture, interpolation="nearest")
    return _finish(ax, artist, class_names(classes), np.asarray(labels), ignore_class, legend, title)


def _finish(ax, artist, names, labels, ignore_class, legend, title):
    bare(ax)
    set_title(ax, title)
    if legend:
        ignored = ignore_class is not None and bool((labels == ignore_class).any())
        add_legend(ax, legend_handles(names, ignored=ignored))
    return artist
