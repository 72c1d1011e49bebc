"""One warp of an image and its labels: affine, elastic, or both."""

import math
from numbers import Integral

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
    displacements=None,
    ignore_class=None,
):
    """Flip, then scale, then rotate about the center, then shift, then displace, in one interpolation.

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
        displacements: Float array `(H, W, 2)`: where each pixel of the result looks, in pixels down and right of
            itself. `None` is 0 everywhere.
        ignore_class: Label of what is outside of the picture, or `None`.

    Returns:
        `(image, labels)`, new arrays of the same shapes; the image is float32.

    Raises:
        InputError: If the shapes do not belong together, `scale` is not above 0, or a displacement is not finite.
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
    if displacements is not None:
        displacements = np.asarray(displacements, np.float32)
        if displacements.shape != (height, width, 2) or not np.isfinite(displacements).all():
            raise InputError(
                f"displacements must be finite numbers of shape {(height, width, 2)}, got {displacements.shape} with "
                f"{np.count_nonzero(~np.isfinite(displacements))} that are not."
            )
        down, right = down + displacements[..., 0], right + displacements[..., 1]  # (H, W)
    rows = (cos * down + sin * right) * (-1 if flip_vertical else 1) + np.float32((height - 1) / 2)  # (H, W)
    cols = (cos * right - sin * down) * (-1 if flip_horizontal else 1) + np.float32((width - 1) / 2)
    outside = (rows < -0.5) | (rows > height - 0.5) | (cols < -0.5) | (cols > width - 0.5)
    if outside.any():
        rows, cols = _mirror(rows, height), _mirror(cols, width)
    warped = labels.ravel().take(_nearest(rows, height) * width + _nearest(cols, width))
    if ignore_class is not None:
        warped[outside] = ignore_class
    return _bilinear(image, rows, cols), warped


def elastic(image, labels, rng, *, sigma=10.0, grid=3, ignore_class=None):
    """Deform an image and its labels smoothly and at random, as tissue deforms.

    Random displacements at the points of a coarse grid are interpolated to every pixel, see `displacement_field`.

    Source: Ronneberger, Fischer, Brox, "U-Net" (2015), section 3.1: a 3x3 grid, 10 pixels, images of 512x512.

    Args:
        image: Float array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        rng: `numpy.random.Generator`; the same state gives the same change.
        sigma: Standard deviation of the displacements at the grid points, down and right, in pixels, at least 0. Where
            it comes near the distance of the grid points, the picture folds over itself.
        grid: Grid points per side, at least 2.
        ignore_class: Label of what is outside of the picture; `None` mirrors the labels there.

    Returns:
        `(image, labels)`, new arrays of the same shapes; the image is float32.

    Raises:
        InputError: If the shapes do not belong together, or `sigma` or `grid` is out of range.
        TypeError: If `image` is not of a float type or `labels` not of an integer type.

    Example:
        >>> image, labels = elastic(np.zeros((32, 48, 3)), np.eye(32, 48, dtype=int), np.random.default_rng(0), sigma=2)
        >>> image.shape, sorted(set(labels.ravel().tolist()))
        ((32, 48, 3), [0, 1])
    """
    check_pair(image, labels)
    if not 0 <= sigma < math.inf:
        raise InputError(f"sigma must be at least 0 pixels, got {sigma!r}. 0 changes nothing.")
    if not isinstance(grid, Integral) or grid < 2:
        raise InputError(f"grid must be an integer of at least 2 points per side, got {grid!r}. The paper's is 3.")
    vectors = sigma * rng.standard_normal((grid, grid, 2))
    return warp(image, labels, displacements=displacement_field(vectors, labels.shape), ignore_class=ignore_class)


def displacement_field(vectors, size):
    """Interpolate displacements at the points of a grid to every pixel, by cubic convolution in both directions.

    The grid spans the picture: its corners are the centers of the corner pixels. The field passes through the given
    vectors and has no kinks; beyond its edge the grid is continued in a straight line.

    Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981), a = -1/2.

    Args:
        vectors: Float array `(n, m, 2)`, n and m at least 2: pixels down and right.
        size: `(height, width)` wanted.

    Returns:
        float32 array `(*size, 2)`, in pixels down and right.

    Raises:
        InputError: If `vectors` has another shape or `size` is not positive.

    Example:
        >>> vectors = np.zeros((3, 3, 2))
        >>> vectors[1, 1, 0] = 16
        >>> displacement_field(vectors, (5, 5))[2, :, 0]
        array([ 0., 10., 16., 10.,  0.], dtype=float32)
    """
    vectors = np.asarray(vectors, np.float32)
    if vectors.ndim != 3 or min(vectors.shape[:2]) < 2 or vectors.shape[2] != 2:
        raise InputError(f"vectors must be (n, m, 2) with n and m of at least 2, got {vectors.shape}.")
    if len(size) != 2 or min(size) < 1:
        raise InputError(f"size must be (height, width), both at least 1, got {size!r}.")
    down, right = (_cubic(length, points) for length, points in zip(size, vectors.shape, strict=False))
    return np.stack([down @ vectors[..., axis] @ right.T for axis in (0, 1)], axis=-1)  # (H, W, 2)


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


def _cubic(length, points):
    """Weights (length, points) of grid points on a side for each of its pixels; each row sums to 1."""
    at = np.linspace(0, points - 1, length)[:, None] if length > 1 else np.array([[(points - 1) / 2]])
    x = np.abs(at - np.arange(-1, points + 1))  # (length, points + 2): one point more at both ends
    weights = np.where(x < 1, (1.5 * x - 2.5) * x**2 + 1, np.where(x < 2, ((2.5 - 0.5 * x) * x - 4) * x + 2, 0))
    inner = weights[:, 1:-1]
    # The points added continue the line of the last two.
    inner[:, :2] += weights[:, :1] * [2, -1]
    inner[:, -2:] += weights[:, -1:] * [-1, 2]
    return inner.astype(np.float32)


def _nearest(coordinates, length):
    return np.clip(np.rint(coordinates), 0, length - 1).astype(np.int32)


def _mirror(coordinates, length):
    """Mirror at both edges; beyond one mirror image the last pixel is repeated by the clipping of the readers."""
    end = np.float32(length - 0.5)
    coordinates = np.abs(coordinates + np.float32(0.5)) - np.float32(0.5)
    return end - np.abs(end - coordinates)
