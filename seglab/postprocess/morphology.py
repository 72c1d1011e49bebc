"""Morphology of a mask with a disk: erosion, dilation, and the two ways to do one after the other.

What lies outside of the image is unknown and changes nothing: an erosion does not begin at its edge. Instead of a disk
moved over the image, the distance to the nearest pixel is compared with the radius, so large disks cost no more.
"""

import numpy as np
from scipy import ndimage

from seglab.errors import InputError
from seglab.postprocess.arguments import check_mask


def erode(mask, radius=1):
    """Keep the pixels that have no pixel of the background within the radius.

    Args:
        mask: Bool array `(H, W)`.
        radius: Radius of the disk in pixels, at least 0. 1 looks at 4 neighbors, 1.5 at 8.

    Returns:
        Bool array `(H, W)`.

    Raises:
        InputError: If `mask` does not have two axes or `radius` is negative.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> erode(np.array([[False, True, True, True]]))
        array([[False, False,  True,  True]])
    """
    check_mask(mask)
    return ~_near(~mask, radius)


def dilate(mask, radius=1):
    """Add the pixels that have a pixel of the mask within the radius.

    Args:
        mask: Bool array `(H, W)`.
        radius: Radius of the disk in pixels, at least 0. 1 looks at 4 neighbors, 1.5 at 8.

    Returns:
        Bool array `(H, W)`.

    Raises:
        InputError: If `mask` does not have two axes or `radius` is negative.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> dilate(np.array([[False, False, True, False]]))
        array([[False,  True,  True,  True]])
    """
    check_mask(mask)
    return _near(mask, radius)


def opening(mask, radius=1):
    """Erode, then dilate: what is narrower than the disk disappears, and nothing is added.

    Args:
        mask: Bool array `(H, W)`.
        radius: Radius of the disk in pixels, at least 0.

    Returns:
        Bool array `(H, W)`, inside of `mask`.

    Raises:
        InputError: If `mask` does not have two axes or `radius` is negative.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> opening(np.array([[False, True, False, True, True, True, False]]))
        array([[False, False, False,  True,  True,  True, False]])
    """
    return dilate(erode(mask, radius), radius)


def closing(mask, radius=1):
    """Dilate, then erode: gaps narrower than the disk are filled, and nothing is removed.

    Args:
        mask: Bool array `(H, W)`.
        radius: Radius of the disk in pixels, at least 0.

    Returns:
        Bool array `(H, W)`, around `mask`.

    Raises:
        InputError: If `mask` does not have two axes or `radius` is negative.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> closing(np.array([[True, False, True, False, False, False, True]]))
        array([[ True,  True,  True, False, False, False,  True]])
    """
    return erode(dilate(mask, radius), radius)


def _near(mask, radius):
    """Pixels with a pixel of the mask within the radius."""
    if not radius >= 0:
        raise InputError(f"radius must be at least 0 pixels, got {radius!r}.")
    if not mask.any():  # no distance is defined then
        return np.zeros_like(mask)
    return ndimage.distance_transform_edt(~mask) <= radius
