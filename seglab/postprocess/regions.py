"""Connected regions: number them, remove or merge the small ones, fill the holes.

Neighbors are 8, or 4 without the diagonal ones. Two diagonal pixels are one object for 8 and two for 4. Object and
background must not both be connected across the same diagonal, so holes use the other number.
"""

import numpy as np
from scipy import ndimage
from skimage.measure import label

from seglab.postprocess.arguments import check_labels, check_mask, connectivity


def components(labels, *, neighbors=8, ignore_class=None):
    """Number the connected regions of one label; 0 is the background and belongs to none.

    Args:
        labels: Bool or integer array `(H, W)`. Regions of different labels stay apart even if they touch.
        neighbors: 8, or 4 without the diagonal ones.
        ignore_class: Label that belongs to no region either, or `None`.

    Returns:
        int32 array `(H, W)`: 0 = none, and 1 to N in the order in which reading meets the regions.

    Raises:
        InputError: If `labels` does not have two axes or `neighbors` is neither 4 nor 8.
        TypeError: If `labels` is neither of bool nor of integer type.

    Example:
        >>> components(np.array([[1, 0, 2], [0, 1, 2]]))
        array([[1, 0, 2],
               [0, 1, 2]], dtype=int32)
        >>> components(np.array([[1, 0, 2], [0, 1, 2]]), neighbors=4)
        array([[1, 0, 2],
               [0, 3, 2]], dtype=int32)
    """
    check_labels("labels", labels)
    labels = labels.astype(np.int64)
    if ignore_class is not None:
        labels[labels == ignore_class] = 0
    return label(labels, background=0, connectivity=connectivity(neighbors)).astype(np.int32)


def remove_small(mask, min_area, *, neighbors=8):
    """Keep only the components of at least this many pixels.

    Args:
        mask: Bool array `(H, W)`.
        min_area: Smallest number of pixels that is kept.
        neighbors: 8, or 4 without the diagonal ones.

    Returns:
        Bool array `(H, W)`, inside of `mask`.

    Raises:
        InputError: If `mask` does not have two axes or `neighbors` is neither 4 nor 8.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> remove_small(np.array([[True, False, True, True]]), 2)
        array([[False, False,  True,  True]])
    """
    check_mask(mask)
    regions = components(mask, neighbors=neighbors)
    return mask & (np.bincount(regions.ravel()) >= min_area)[regions]


def fill_holes(mask, *, max_area=None, neighbors=8):
    """Add the holes: components of the background that do not reach the edge of the image.

    Args:
        mask: Bool array `(H, W)`.
        max_area: Largest number of pixels of a hole that is filled. Fills all if `None`.
        neighbors: Neighbors of the objects; the holes use the other number of 4 and 8.

    Returns:
        Bool array `(H, W)`, around `mask`.

    Raises:
        InputError: If `mask` does not have two axes or `neighbors` is neither 4 nor 8.
        TypeError: If `mask` is not of bool type.

    Example:
        >>> ring = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
        >>> int(fill_holes(ring).sum()), int(fill_holes(ring, neighbors=4).sum())  # for 4 it is no ring
        (5, 4)
    """
    check_mask(mask)
    connectivity(neighbors)
    regions = components(~mask, neighbors=12 - neighbors)
    areas = np.bincount(regions.ravel())
    filled = areas <= (mask.size if max_area is None else max_area)
    filled[np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])] = False
    filled[0] = False
    return mask | filled[regions]


def merge_small(labels, min_area, *, neighbors=8, ignore_class=None):
    """Give the pixels of small regions the label of the nearest pixel outside of all small regions.

    Every label counts as a class, 0 too. If all regions are small, nothing changes.

    Args:
        labels: Integer array `(H, W)`.
        min_area: Smallest number of pixels of a region that stays.
        neighbors: 8, or 4 without the diagonal ones.
        ignore_class: Label whose pixels neither change nor hand on their label, or `None`.

    Returns:
        Integer array `(H, W)` of the type of `labels`.

    Raises:
        InputError: If `labels` does not have two axes or `neighbors` is neither 4 nor 8.
        TypeError: If `labels` is neither of bool nor of integer type.

    Example:
        >>> merge_small(np.array([[0, 0, 2, 1, 1, 1]]), 2)
        array([[0, 0, 0, 1, 1, 1]])
    """
    check_labels("labels", labels)
    ignored = np.zeros(labels.shape, bool) if ignore_class is None else labels == ignore_class
    classes = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + 1
    classes[ignored] = 0
    regions = components(classes, neighbors=neighbors)
    small = (np.bincount(regions.ravel()) < min_area)[regions] & ~ignored
    changed = small | ignored
    if changed.all():
        return labels.copy()
    rows, cols = ndimage.distance_transform_edt(changed, return_distances=False, return_indices=True)
    return np.where(small, labels[rows, cols], labels)
