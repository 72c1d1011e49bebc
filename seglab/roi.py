"""Regions of interest: a piece of a feature map cut out at a fixed size, and a small mask put back into the image.

Boxes are `(top, left, bottom, right)` in pixels of the image, as in `seglab.boxes`. Each function here works on one box
in NumPy, to be read and to test against; `seglab.box_layers.roi_align` does the same for many in a network.
"""

from numbers import Integral

import numpy as np

from seglab.errors import InputError


def roi_pool(features, box, size, *, strides=1):
    """Cut out a box at whole cells and keep the largest value of each bin.

    Both roundings move the content: the box to whole cells of the map, the bins to whole cells of the box.

    Source: Girshick, "Fast R-CNN" (2015), section 2.1; rounding as in the authors' program: a box reaches from the
    rounded first cell to the rounded last one, both included, and bins overlap where they do not divide evenly.

    Args:
        features: Array `(H, W)` or `(H, W, C)`.
        box: `(top, left, bottom, right)` in pixels of the image.
        size: `(rows, cols)` of the result.
        strides: Pixels of the image per cell of the map.

    Returns:
        Float array `(rows, cols)` with the channels of `features`; 0 in bins outside the map.

    Raises:
        InputError: If a shape or a number is out of range.

    Example:
        >>> roi_pool(np.arange(25).reshape(5, 5), [1, 1, 3, 3], (1, 1))
        array([[18.]])
    """
    features = _features(features)
    first, last = (np.floor(np.asarray(part, float) / strides + 0.5).astype(int) for part in np.split(_box(box), 2))
    length = np.maximum(last - first + 1, 1)
    spans = []
    for axis, count in enumerate(_size(size)):
        edges = np.arange(count + 1) * length[axis] / count
        starts, ends = np.floor(edges[:-1]) + first[axis], np.ceil(edges[1:]) + first[axis]
        spans.append(np.clip([starts, ends], 0, features.shape[axis]).astype(int).T)
    result = np.zeros((*size, *features.shape[2:]))
    for i, (top, bottom) in enumerate(spans[0]):
        for j, (left, right) in enumerate(spans[1]):
            if top < bottom and left < right:
                result[i, j] = features[top:bottom, left:right].max(axis=(0, 1))
    return result


def roi_align(features, box, size, *, strides=1, sampling=2, aligned=True):
    """Cut out a box without rounding: bilinear samples, averaged over each bin.

    Source: He et al., "Mask R-CNN" (2017), section 3; borders and `aligned` as in detectron2: samples within a cell of
    the map read its outermost cells, samples farther out read 0.

    Args:
        features: Array `(H, W)` or `(H, W, C)`.
        box: `(top, left, bottom, right)` in pixels of the image.
        size: `(rows, cols)` of the result.
        strides: Pixels of the image per cell of the map.
        sampling: Samples per bin in each direction. As many as a bin has cells, rounded up, if 0.
        aligned: Whether a cell's value stands in the cell's middle. `False` is the first published program, which reads
            half a cell too far down and right, and enlarges boxes to at least one cell.

    Returns:
        Float array `(rows, cols)` with the channels of `features`.

    Raises:
        InputError: If a shape or a number is out of range.

    Example:
        >>> roi_align(np.arange(25).reshape(5, 5), [1, 1, 3, 3], (2, 2))
        array([[ 6.,  7.],
               [11., 12.]])
        >>> roi_align(np.arange(25).reshape(5, 5), [1, 1, 3, 3], (2, 2), aligned=False)
        array([[ 9., 10.],
               [14., 15.]])
    """
    features, size = _features(features), _size(size)
    if not isinstance(sampling, Integral) or sampling < 0:
        raise InputError(f"sampling must be a whole number of at least 0, got {sampling!r}.")
    first, last = np.split(_box(box) / strides - (0.5 if aligned else 0), 2)
    length = last - first if aligned else np.maximum(last - first, 1)
    down, across = (
        _sampling_matrix(first[axis], length[axis] / size[axis], size[axis], features.shape[axis], sampling)
        for axis in (0, 1)
    )
    return np.einsum("iy,jx,yx...->ij...", down, across, features)


def paste_mask(mask, box, size):
    """Put a small mask back into the image: bilinear inside its box, 0 outside.

    Args:
        mask: Float array `(m, m)`, the probabilities that a mask head gives for its box.
        box: `(top, left, bottom, right)` in pixels of the image; it may reach out of it.
        size: `(height, width)` of the image.

    Returns:
        Float array `(height, width)`; compare with `>= 0.5` for the mask. All 0 for an empty box.

    Raises:
        InputError: If a shape is wrong.

    Example:
        >>> paste_mask(np.ones((28, 28)), [1, 2, 3, 5], (4, 6)).astype(int)
        array([[0, 0, 0, 0, 0, 0],
               [0, 0, 1, 1, 1, 0],
               [0, 0, 1, 1, 1, 0],
               [0, 0, 0, 0, 0, 0]])
    """
    mask, box = np.asarray(mask, float), _box(box)
    if mask.ndim != 2:
        raise InputError(f"mask must have shape (rows, cols), got {mask.shape}.")
    matrices = []
    for axis in (0, 1):
        middles = np.arange(size[axis]) + 0.5
        inside = (middles >= box[axis]) & (middles < box[axis + 2])
        length = max(box[axis + 2] - box[axis], 1e-9)
        position = (middles - box[axis]) / length * mask.shape[axis] - 0.5
        matrices.append(_hats(position, mask.shape[axis]) * inside[:, None])
    return matrices[0] @ mask @ matrices[1].T


def _sampling_matrix(start, step, count, cells, sampling):
    """How much each of `cells` counts in each of `count` bins: weights of the samples, averaged. (count, cells)"""
    samples = sampling or max(int(np.ceil(step)), 1)
    position = start + (np.arange(count * samples) + 0.5) * step / samples
    weights = _hats(position, cells) * ((position >= -1) & (position <= cells))[:, None]
    return weights.reshape(count, samples, cells).mean(axis=1)


def _hats(position, cells):
    """Bilinear weights of the cells at each position; beyond the ends the outermost cell alone. (positions, cells)"""
    position = np.clip(position, 0, cells - 1)
    return np.maximum(1 - np.abs(position[:, None] - np.arange(cells)), 0)


def _features(features):
    features = np.asarray(features, float)
    if features.ndim not in (2, 3) or 0 in features.shape:
        raise InputError(f"features must have shape (H, W) or (H, W, C) and be not empty, got {features.shape}.")
    return features


def _box(box):
    box = np.asarray(box, float)
    if box.shape != (4,) or not np.isfinite(box).all():
        raise InputError(f"box must be four finite numbers (top, left, bottom, right), got {box.tolist()}.")
    return box


def _size(size):
    if len(size) != 2 or not all(isinstance(side, Integral) and side >= 1 for side in size):
        raise InputError(f"size must be (rows, cols), whole numbers of at least 1, got {size!r}.")
    return tuple(size)
