"""One affine warp of an image and its labels."""

import math

import numpy as np

from seglab.errors import InputError


def warp(
    image,
    labels,
    *,
    flip_horizontal=False,
    flip_vertical=False,
    scale=1.0,
    rotate=0.0,
    shift=(0.0, 0.0),
    ignore_class=None,
):
    """Flip, then scale, then rotate about the center, then shift, in one interpolation.

    Colors come from the four nearest pixels, labels from the nearest one. Where the result shows what is outside of
    the picture, the image is mirrored at its edge; the labels there are `ignore_class`, or mirrored too if that is
    `None`.

    Args:
        image: Float array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        flip_horizontal: Whether left and right change places.
        flip_vertical: Whether top and bottom change places.
        scale: Magnification, above 0; at 2 everything is twice as large.
        rotate: Angle in degrees, counterclockwise.
        shift: Pixels to move by, `(down, right)`.
        ignore_class: Label of what is outside of the picture, or `None`.

    Returns:
        `(image, labels)`, new arrays of the same shapes; the image is float32.

    Raises:
        InputError: If the shapes do not belong together or `scale` is not above 0.
        TypeError: If `image` is not of a float type or `labels` not of an integer type.

    Example:
        >>> labels = np.array([[1, 2], [3, 4]])
        >>> warp(np.zeros((2, 2, 3)), labels, rotate=90)[1]
        array([[2, 4],
               [1, 3]])
        >>> warp(np.zeros((2, 2, 3)), labels, shift=(0, 1), ignore_class=255)[1]
        array([[255,   1],
               [255,   3]])
    """
    check_pair(image, labels)
    if not np.issubdtype(image.dtype, np.floating):
        raise TypeError(f"image must be of a float type, got {image.dtype}. Divide by 255 first.")
    if not scale > 0:
        raise InputError(f"scale must be above 0, got {scale!r}. 1.0 keeps the size.")
    height, width = labels.shape
    # Where in the source each pixel of the result comes from: the inverse of the steps, in reverse order.
    cos, sin = math.cos(math.radians(rotate)) / scale, math.sin(math.radians(rotate)) / scale
    down = np.arange(height, dtype=np.float32)[:, None] - np.float32((height - 1) / 2 + shift[0])
    right = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2 + shift[1])
    rows = (cos * down + sin * right) * (-1 if flip_vertical else 1) + np.float32((height - 1) / 2)  # (H, W)
    cols = (cos * right - sin * down) * (-1 if flip_horizontal else 1) + np.float32((width - 1) / 2)
    outside = (rows < -0.5) | (rows > height - 0.5) | (cols < -0.5) | (cols > width - 0.5)
    if outside.any():
        rows, cols = _mirror(rows, height), _mirror(cols, width)
    warped = labels.ravel().take(_nearest(rows, height) * width + _nearest(cols, width))
    if ignore_class is not None:
        warped[outside] = ignore_class
    return _bilinear(image, rows, cols), warped


def check_pair(image, labels):
    """Refuse an image and labels that do not belong together.

    Args:
        image: Array, to be `(H, W, C)`.
        labels: Array, to be `(H, W)` of integers.

    Raises:
        InputError: If the shapes differ.
        TypeError: If `labels` are not integers.

    Example:
        >>> check_pair(np.zeros((4, 6, 3)), np.zeros((4, 6), int))
    """
    if image.ndim != 3 or labels.ndim != 2 or image.shape[:2] != labels.shape:
        raise InputError(f"image must be (H, W, C) and labels (H, W), got {image.shape} and {labels.shape}.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels must be of an integer type, got {labels.dtype}. Pass class numbers.")


def _bilinear(image, rows, cols):
    height, width, channels = image.shape
    rows, cols = np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)
    top, left = rows.astype(np.int32), cols.astype(np.int32)
    down, right = rows - top.astype(np.float32), cols - left.astype(np.float32)  # (H, W) in [0, 1)
    # In the last row and column the weight of the next pixel is 0, and any pixel will do for it.
    below, beside = np.minimum(top + 1, height - 1) * width, np.minimum(left + 1, width - 1)
    top *= width
    corners = top + left, top + beside, below + left, below + beside
    result = np.empty(image.shape, np.float32)
    for channel in range(channels):  # planes: a weight per pixel then needs no broadcasting
        plane = image[..., channel].astype(np.float32).ravel()
        a, b, c, d = (plane.take(corner) for corner in corners)
        a += right * (b - a)
        c += right * (d - c)
        a += down * (c - a)
        result[..., channel] = a
    return result


def _nearest(coordinates, length):
    return np.clip(np.rint(coordinates), 0, length - 1).astype(np.int32)


def _mirror(coordinates, length):
    """Mirror at both edges; beyond one mirror image the last pixel is repeated by the clipping of the readers."""
    end = np.float32(length - 0.5)
    coordinates = np.abs(coordinates + np.float32(0.5)) - np.float32(0.5)
    return end - np.abs(end - coordinates)
