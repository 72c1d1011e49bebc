"""Whole-pixel changes and changes of size that keep an image and its labels together."""

import numpy as np
from PIL import Image

from seglab.errors import InputError
from seglab.warping import check_pair


def flip(image, labels, *, horizontal=False, vertical=False):
    """Mirror an image and its labels.

    Args:
        image: Array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        horizontal: Whether left and right change places.
        vertical: Whether top and bottom change places.

    Returns:
        `(image, labels)`, new arrays of the same shapes and dtypes.

    Raises:
        InputError: If the shapes do not belong together.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = flip(np.zeros((1, 3, 3)), np.array([[1, 2, 3]]), horizontal=True)
        >>> labels
        array([[3, 2, 1]])
    """
    check_pair(image, labels)
    if not horizontal and not vertical:
        return image.copy(), labels.copy()
    for axis, wanted in enumerate((vertical, horizontal)):
        if wanted:
            # Three times as fast as a copy of image[:, ::-1], which moves single numbers instead of pixels.
            backward = np.arange(labels.shape[axis] - 1, -1, -1)
            image, labels = image.take(backward, axis=axis), labels.take(backward, axis=axis)
    return image, labels


def crop(image, labels, *, top, left, height, width):
    """Cut the same window out of an image and its labels.

    Args:
        image: Array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        top: First row of the window.
        left: First column of the window.
        height: Rows of the window, at least 1.
        width: Columns of the window, at least 1.

    Returns:
        `(image, labels)`, new arrays `(height, width, C)` and `(height, width)`.

    Raises:
        InputError: If the window leaves the image.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = crop(np.zeros((4, 4, 3)), np.arange(16).reshape(4, 4), top=1, left=2, height=2, width=2)
        >>> labels
        array([[ 6,  7],
               [10, 11]])
    """
    check_pair(image, labels)
    if min(top, left) < 0 or min(height, width) < 1 or top + height > labels.shape[0] or left + width > labels.shape[1]:
        raise InputError(
            f"the window of rows {top} to {top + height - 1} and columns {left} to {left + width - 1} must lie in "
            f"the {labels.shape[0]}x{labels.shape[1]} image. Move it or make it smaller."
        )
    rows, cols = slice(top, top + height), slice(left, left + width)
    return image[rows, cols].copy(), labels[rows, cols].copy()


def resize(image, labels, size):
    """Resize an image and its labels.

    Args:
        image: uint8 or float array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        size: `(height, width)` wanted; the aspect is not kept.

    Returns:
        `(image, labels)`: bilinear with antialiasing, and nearest.

    Raises:
        InputError: If the shapes do not belong together or `size` is not positive.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = resize(np.ones((8, 8, 3), np.float32), np.eye(8, dtype=int), (4, 6))
        >>> image.shape, labels.shape
        ((4, 6, 3), (4, 6))
    """
    check_pair(image, labels)
    return resize_image(image, size), resize_labels(labels, size)


def resize_image(image, size):
    """Resize an image, bilinear; a smaller result averages over all the pixels it stands for.

    Args:
        image: uint8 array `(H, W, 3)`, or float array `(H, W, C)`.
        size: `(height, width)` wanted.

    Returns:
        Array `(*size, C)`: uint8 if `image` is, else float32.

    Raises:
        InputError: If `size` is not positive.

    Example:
        >>> resize_image(np.array([[[0.0], [1.0]]]), (1, 4))[0, :, 0]
        array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """
    _check_size(size)
    bilinear = Image.Resampling.BILINEAR
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(image).resize(size[::-1], bilinear))
    channels = np.moveaxis(np.asarray(image, np.float32), -1, 0)
    planes = [np.asarray(Image.fromarray(channel).resize(size[::-1], bilinear)) for channel in channels]
    return np.stack(planes, axis=-1)  # (H, W, C)


def resize_labels(labels, size):
    """Resize labels by taking the nearest pixel, so that no new value appears.

    Args:
        labels: Array `(H, W)`.
        size: `(height, width)` wanted.

    Returns:
        Array of the same dtype, of that size.

    Raises:
        InputError: If `size` is not positive.

    Example:
        >>> resize_labels(np.array([[0, 1], [2, 3]]), (2, 4))
        array([[0, 0, 1, 1],
               [2, 2, 3, 3]])
    """
    _check_size(size)
    rows, cols = ((np.arange(new) + 0.5) * (old / new) for new, old in zip(size, labels.shape, strict=True))
    return labels.take(rows.astype(np.intp), axis=0).take(cols.astype(np.intp), axis=1)


def _check_size(size):
    if len(size) != 2 or min(size) < 1:
        raise InputError(f"size must be (height, width), both at least 1, got {size!r}.")
