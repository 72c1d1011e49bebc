"""Palette PNG files: the number of a pixel is its class, and every picture viewer shows the class's color."""

import numpy as np
from PIL import Image

from seglab.errors import InputError
from seglab.labels.maps import check_labels
from seglab.labels.palette import IGNORED_COLOR, class_colors


def write_palette_png(path, labels, num_classes, *, ignore_class=None):
    """Write a label map as a palette PNG, as PASCAL VOC does.

    The file keeps the labels as they are; the colors are only for the eye.

    Args:
        path: File to write.
        labels: Integer array `(H, W)` with values in [0, K), or `ignore_class`.
        num_classes: Number of classes `K`, background included, from 1 to 256.
        ignore_class: Label, from 0 to 255, that is shown white. No label is if `None`.

    Raises:
        TypeError: If `labels` is not of integer type.
        InputError: If `labels` has not two axes, or holds a value that is neither in [0, K) nor `ignore_class`, or
            that one byte cannot hold.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_palette_png(f"{folder}/a.png", np.array([[0, 1, 255]]), 2, ignore_class=255)
        ...     labels, colors = read_palette_png(f"{folder}/a.png")
        >>> labels.tolist(), colors[labels].tolist()
        ([[0, 1, 255]], [[[32, 32, 32], [230, 159, 0], [255, 255, 255]]])
    """
    labels = check_labels(labels, num_classes, ignore_class)
    if labels.ndim != 2:
        raise InputError(f"labels must have shape (H, W), got {labels.shape}. Write one file per map.")
    colors = class_colors(num_classes)
    if ignore_class is not None:
        if not 0 <= ignore_class <= 255:
            raise InputError(f"ignore_class must lie in [0, 255] to be stored in a byte, got {ignore_class}.")
        colors = np.concatenate([colors, np.zeros((256 - len(colors), 3), np.uint8)])
        colors[ignore_class] = IGNORED_COLOR
    picture = Image.fromarray(labels.astype(np.uint8), mode="P")
    picture.putpalette(colors.tobytes())
    picture.save(path, format="PNG")


def read_palette_png(path):
    """Read the labels of a palette PNG, and the colors that they are shown in.

    Args:
        path: PNG file with a palette.

    Returns:
        `(labels, colors)`: uint8 arrays `(H, W)` and `(N, 3)`; `colors[labels]` is the picture that a viewer shows.

    Raises:
        InputError: If the file is missing, broken, or has no palette.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_palette_png(f"{folder}/a.png", np.array([[0, 2], [1, 1]]), 3)
        ...     read_palette_png(f"{folder}/a.png")[0]
        array([[0, 2],
               [1, 1]], dtype=uint8)
    """
    try:
        with Image.open(path) as picture:
            picture.load()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the name.") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path} cannot be read as an image ({error}). Save it again as a palette PNG.") from error
    if picture.mode != "P":
        raise InputError(
            f"{path} has no palette (mode {picture.mode}). Of an RGB picture, labels_from_colors makes labels."
        )
    return np.asarray(picture), np.array(picture.getpalette(), np.uint8).reshape(-1, 3)
