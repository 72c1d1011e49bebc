"""Label maps: the ignore label, labels to colors and back, labels from trimaps."""

import numpy as np

from seglab.errors import InputError
from seglab.labels.palette import IGNORED_COLOR, class_colors

IGNORE = 255
"""Label of a pixel that no loss and no metric counts, unless a data set says otherwise."""


def colorize(labels, num_classes, *, ignore_class=None):
    """Paint a label map with the colors of its classes.

    Args:
        labels: Integer array `(..., H, W)` with values in [0, K), or `ignore_class`.
        num_classes: Number of classes `K`, background included.
        ignore_class: Label whose pixels become white. No label does if `None`.

    Returns:
        uint8 array `(..., H, W, 3)`, RGB.

    Raises:
        TypeError: If `labels` is not of integer type.
        InputError: If a label is neither in [0, K) nor `ignore_class`.

    Example:
        >>> colorize(np.array([[0, 1, 255]]), 2, ignore_class=255)
        array([[[ 32,  32,  32],
                [230, 159,   0],
                [255, 255, 255]]], dtype=uint8)
    """
    labels = check_labels(labels, num_classes, ignore_class)
    table = np.concatenate([class_colors(num_classes), np.array([IGNORED_COLOR], np.uint8)])
    if ignore_class is not None:
        labels = np.where(labels == ignore_class, num_classes, labels.astype(np.int64))
    return table[labels]


def labels_from_colors(rgb, colors, *, ignore_color=None):
    """Read a label map that is stored as an RGB picture, one color per class.

    Args:
        rgb: uint8 array `(H, W, 3)`.
        colors: uint8 array `(K, 3)`, at most 255 colors, all different; the color of class `i` is row `i`.
        ignore_color: The three numbers of the color whose pixels get the label `IGNORE`. No color does if `None`.

    Returns:
        uint8 array `(H, W)`: the index of each pixel's color, or `IGNORE`.

    Raises:
        TypeError: If `rgb` or `colors` is not of integer type.
        InputError: If a shape is wrong, two colors are equal, or a pixel has a color that is not in the table.

    Example:
        >>> labels_from_colors(np.array([[[9, 9, 9], [0, 0, 255], [1, 1, 1]]]), [[9, 9, 9], [0, 0, 255]],
        ...                    ignore_color=[1, 1, 1])
        array([[  0,   1, 255]], dtype=uint8)
    """
    rgb, colors = check_integers("rgb", rgb), check_integers("colors", colors)
    if rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise InputError(f"rgb must have shape (H, W, 3), got {rgb.shape}. Convert the picture to RGB?")
    if colors.ndim != 2 or colors.shape[-1] != 3 or not 1 <= len(colors) <= 255:
        raise InputError(f"colors must have shape (K, 3) with K from 1 to 255, got {colors.shape}.")
    values = np.arange(len(colors), dtype=np.uint8)
    if ignore_color is not None:
        colors = np.concatenate([colors, np.reshape(ignore_color, (1, 3))])
        values = np.append(values, np.uint8(IGNORE))
    table, order = np.unique(_packed(colors), return_index=True)
    if len(table) < len(colors):
        raise InputError(f"colors, with ignore_color, must all be different, got {colors.tolist()}.")
    codes = _packed(rgb)
    place = np.minimum(np.searchsorted(table, codes), len(table) - 1)
    unknown = np.argwhere(table[place] != codes)
    if len(unknown):
        row, col = unknown[0]
        raise InputError(
            f"rgb holds {len(unknown)} pixels whose color is not in the table of {len(colors)}, the first "
            f"{tuple(rgb[row, col].tolist())} at row {row}, column {col}. Add it to colors, or set ignore_color?"
        )
    return values[order][place]


def _packed(rgb):
    if rgb.size and (rgb.min() < 0 or rgb.max() > 255):
        raise InputError(f"colors must lie in [0, 255], got values from {rgb.min()} to {rgb.max()}.")
    red, green, blue = np.moveaxis(rgb.astype(np.int32), -1, 0)
    return (red << 16) | (green << 8) | blue


def trimap_to_labels(trimap, *, border="ignore"):
    """Turn a trimap (1 foreground, 2 background, 3 border, as in the Oxford-IIIT Pet set) into labels.

    Args:
        trimap: Integer array `(..., H, W)` of 1, 2 and 3.
        border: What a border pixel becomes: `"ignore"` (label `IGNORE`), `"foreground"` (class 1) or `"own"` (class 2).

    Returns:
        uint8 array of the same shape: 0 background, 1 foreground, and the border as asked for.

    Raises:
        TypeError: If `trimap` is not of integer type.
        InputError: If `border` is none of the three words, or a value is not 1, 2 or 3.

    Example:
        >>> trimap_to_labels(np.array([[2, 3, 1]]))
        array([[  0, 255,   1]], dtype=uint8)
    """
    trimap = check_integers("trimap", trimap)
    labels_of_border = {"ignore": IGNORE, "foreground": 1, "own": 2}
    if border not in labels_of_border:
        raise InputError(f"border must be one of {', '.join(labels_of_border)}, got {border!r}.")
    outside = (trimap < 1) | (trimap > 3)
    if outside.any():
        raise InputError(
            f"trimap must hold 1 (foreground), 2 (background) and 3 (border) only, got {trimap[outside][0]}. "
            "Is it a label map already?"
        )
    return np.array([0, 1, 0, labels_of_border[border]], np.uint8)[trimap]


def check_labels(labels, num_classes, ignore_class):
    """Make an array of a label map whose labels are all classes, or ignored.

    Args:
        labels: Integer array of any shape.
        num_classes: Number of classes `K`.
        ignore_class: The one label that need not lie in [0, K); `None` if there is none.

    Returns:
        The array, not copied.

    Raises:
        TypeError: If it is not of integer type.
        InputError: If a label is neither in [0, K) nor `ignore_class`.

    Example:
        >>> check_labels([0, 2, 255], 3, 255)
        array([  0,   2, 255])
    """
    labels = check_integers("labels", labels)
    outside = (labels < 0) | (labels >= num_classes)
    if ignore_class is not None:
        outside &= labels != ignore_class
    if outside.any():
        raise InputError(
            f"labels must lie in [0, {num_classes}) or be ignore_class={ignore_class}, "
            f"got {labels[outside][0]}. Set num_classes or ignore_class."
        )
    return labels


def check_integers(name, array):
    """Make an array of labels, of integer type.

    Args:
        name: What the message calls it.
        array: Integer array of any shape, or nested lists.

    Returns:
        The array, not copied.

    Raises:
        TypeError: If it is not of integer type.

    Example:
        >>> check_integers("labels", [0, 1])
        array([0, 1])
    """
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} must be of integer type, got {array.dtype}. Use {name}.astype(np.uint8)?")
    return array
