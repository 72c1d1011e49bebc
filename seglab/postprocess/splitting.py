"""Splitting a mask into the objects that touch in it."""

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.segmentation import relabel_sequential, watershed

from seglab.errors import InputError
from seglab.postprocess.arguments import check_labels, check_mask, connectivity
from seglab.postprocess.regions import components


def split_touching(mask, *, landscape=None, seeds=None, min_distance=5, smoothing=1.0, neighbors=8):
    """Cut a mask into objects where they touch: the watershed, water that rises from seeds and meets at dams.

    Without more than the mask, an object is a hill of the distance to the background, and its seed is the top. A
    network may do better: `landscape` its probability of a boundary, `seeds` the pixels where that is low.

    Args:
        mask: Bool array `(H, W)`, all objects together.
        landscape: Float array `(H, W)`, where the water rises, low inside of objects. Minus the distance to the
            background, of which the edge of the image is a part, if `None`.
        seeds: Bool array `(H, W)`, whose components are the seeds, or integer array, 0 = none. The tops of the distance
            if `None`.
        min_distance: Pixels between two tops at least; larger numbers cut less. Not used with `seeds`.
        smoothing: Standard deviation in pixels by which the distance is smoothed before its tops are looked for; at 0
            the roughness of a contour makes false tops. Not used with `seeds`.
        neighbors: 8, or 4 without the diagonal ones.

    Returns:
        int32 array `(H, W)`: 0 outside of the mask, 1 to N inside. A component without a seed is one object.

    Raises:
        InputError: If the arrays are of different shapes, do not have two axes, `min_distance` is less than 1,
            `smoothing` or `seeds` negative, or `neighbors` neither 4 nor 8.
        TypeError: If `mask` is not of bool type or `seeds` is neither of bool nor of integer type.

    Example:
        >>> row, col = np.mgrid[:11, :20]
        >>> mask = ((row - 5) ** 2 + (col - 5) ** 2 <= 25) | ((row - 5) ** 2 + (col - 14) ** 2 <= 25)
        >>> int(components(mask).max()), int(split_touching(mask).max())
        (1, 2)
    """
    check_mask(mask)
    moves = connectivity(neighbors)
    if min_distance < 1 or not smoothing >= 0:
        raise InputError(
            f"min_distance must be at least 1 and smoothing at least 0, got {min_distance!r} and {smoothing!r}."
        )
    for name, array in (("landscape", landscape), ("seeds", seeds)):
        if array is not None and np.shape(array) != mask.shape:
            raise InputError(f"{name} must be of the mask's shape {mask.shape}, got {np.shape(array)}.")
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    if seeds is None:
        seeds = _tops(distance, mask, min_distance, smoothing, neighbors)
    else:
        check_labels("seeds", seeds)
        if seeds.min() < 0:
            raise InputError(f"seeds must be at least 0, got {seeds.min()}. 0 is no seed.")
        seeds = components(seeds & mask, neighbors=neighbors) if seeds.dtype == bool else seeds
    landscape = -distance if landscape is None else landscape
    instances = watershed(landscape, seeds, mask=mask, connectivity=moves).astype(np.int32)
    without = components(mask & (instances == 0), neighbors=neighbors)
    instances[without > 0] = without[without > 0] + instances.max()
    return relabel_sequential(instances)[0].astype(np.int32)


def _tops(distance, mask, min_distance, smoothing, neighbors):
    hills = ndimage.gaussian_filter(distance, smoothing) if smoothing else distance
    regions = components(mask, neighbors=neighbors)
    places = peak_local_max(hills, min_distance=min_distance, labels=regions, exclude_border=False)
    tops = np.zeros(mask.shape, np.int32)
    tops[tuple(places.T)] = np.arange(1, len(places) + 1)
    return tops
