"""What the integers of a label map mean: the ignore label, a color per class, labels from colors and from trimaps."""

from functools import lru_cache

import numpy as np

from seglab.errors import InputError

IGNORE = 255
"""Label of a pixel that no loss and no metric counts, unless a data set says otherwise."""

_BACKGROUND = (32, 32, 32)
_IGNORED = (255, 255, 255)
# Okabe and Ito, "Color Universal Design" (2008), without black, which is too close to the background.
_OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
# How linear RGB looks with normal vision, protanopia and deuteranopia: Machado, Oliveira and Fernandes, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), table 1, severity 1.
_VISIONS = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ]
)
# Oklab, where Euclidean distance follows perceived difference: Ottosson, "A perceptual color space for image
# processing" (2020).
_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def class_colors(num_classes):
    """One color per class, told apart with and without red-green color blindness.

    Class 0 (background) is a dark gray, classes 1 to 7 are the set of Okabe and Ito; each further color is the one
    farthest from all earlier ones, and from the white of ignored pixels, for the eye that sees the least difference.
    A class keeps its color whatever `num_classes` is.

    Args:
        num_classes: Number of classes `K`, background included, from 1 to 256.

    Returns:
        uint8 array `(K, 3)`, RGB.

    Raises:
        InputError: If `num_classes` is not in [1, 256].

    Example:
        >>> class_colors(3)
        array([[ 32,  32,  32],
               [230, 159,   0],
               [ 86, 180, 233]], dtype=uint8)
    """
    if not 1 <= num_classes <= 256:
        raise InputError(f"num_classes must lie in [1, 256] to have a color each, got {num_classes}.")
    return np.array(_palette(int(num_classes)), np.uint8)


@lru_cache(maxsize=32)
def _palette(num_classes):
    colors = [_BACKGROUND, *_OKABE_ITO]
    if num_classes > len(colors):
        levels = np.arange(0, 256, 17)
        candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)  # (N, 3)
        seen = _as_seen(candidates)
        # Darker ones differ from the background in Oklab, but hardly on a projector.
        light_enough = seen[0, :, 0] > 0.4
        candidates, seen = candidates[light_enough], seen[:, light_enough]
        nearest = np.full(len(candidates), np.inf)
        for color in (*colors, _IGNORED):
            nearest = np.minimum(nearest, _difference(seen, _as_seen(np.array([color]))))
        while len(colors) < num_classes:
            best = int(nearest.argmax())
            colors.append(tuple(candidates[best].tolist()))
            nearest = np.minimum(nearest, _difference(seen, seen[:, best : best + 1]))
    return tuple(colors[:num_classes])


def _as_seen(rgb):
    """Oklab coordinates `(3, N, 3)` of uint8 colors `(N, 3)` for the three kinds of eye."""
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ _VISIONS.transpose(0, 2, 1), 0, 1)  # (3, N, 3)
    return np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T


def _difference(seen, others):
    """Distance `(N,)` for the eye that sees the least of it."""
    return np.linalg.norm(seen - others, axis=-1).min(axis=0)


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
    labels = _integers("labels", labels)
    table = np.concatenate([class_colors(num_classes), np.array([_IGNORED], np.uint8)])
    if ignore_class is not None:
        labels = np.where(labels == ignore_class, num_classes, labels.astype(np.int64))
    outside = (labels < 0) | (labels >= num_classes + (ignore_class is not None))
    if outside.any():
        raise InputError(
            f"labels must lie in [0, {num_classes}) or be ignore_class={ignore_class}, "
            f"got {labels[outside][0]}. Set num_classes or ignore_class."
        )
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
    rgb, colors = _integers("rgb", rgb), _integers("colors", colors)
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
    trimap = _integers("trimap", trimap)
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


def _integers(name, array):
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} must be of integer type, got {array.dtype}. Use {name}.astype(np.uint8)?")
    return array
