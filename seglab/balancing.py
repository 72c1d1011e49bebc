"""Weights that make up for rare classes, from the frequencies of the classes in a set of labels."""

import numpy as np

from seglab.errors import InputError


def median_frequency_weights(label_maps, num_classes, *, ignore_class=None):
    """Weigh each class by the median frequency over its own.

    The frequency of a class counts only the images that contain it: its pixels over all counted pixels of these
    images. A class that is large where it occurs, but rarely occurs, therefore gets no large weight.

    Source: Eigen, Fergus, "Predicting Depth, Surface Normals and Semantic Labels" (2015); SegNet
    (Badrinarayanan, Kendall, Cipolla, 2017) uses them.

    Args:
        label_maps: Iterable of integer arrays (H, W), one per image, of any sizes; an array (N, H, W) is one.
        num_classes: Number of classes `K`, at least 2. Counted labels must lie in `[0, K)`.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float64 array (K,); nan where a class is nowhere. The median is over the classes that occur.

    Raises:
        InputError: If a label is outside of the classes, or no pixel is counted.
        TypeError: If the labels are not integers.

    Example:
        >>> maps = np.array([[[0, 0, 0, 1]], [[0, 0, 0, 0]]])  # frequencies 7/8 and 1/4, median 9/16
        >>> median_frequency_weights(maps, 2).round(4)
        array([0.6429, 2.25  ])
    """
    pixels, around = _count(label_maps, num_classes, ignore_class)
    seen = pixels > 0
    frequencies = pixels[seen] / around[seen]
    return _fill(seen, np.median(frequencies) / frequencies)


def inverse_frequency_weights(label_maps, num_classes, *, ignore_class=None):
    """Weigh each class by the inverse of its share of all counted pixels.

    The weights are scaled such that all classes that occur weigh the same in total and the average weight of a counted
    pixel is 1, so that the learning rate may stay.

    Args:
        label_maps: Iterable of integer arrays (H, W), one per image, of any sizes; an array (N, H, W) is one.
        num_classes: Number of classes `K`, at least 2. Counted labels must lie in `[0, K)`.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float64 array (K,); nan where a class is nowhere.

    Raises:
        InputError: If a label is outside of the classes, or no pixel is counted.
        TypeError: If the labels are not integers.

    Example:
        >>> inverse_frequency_weights(np.array([[[0, 0, 0, 1]]]), 2).round(4)
        array([0.6667, 2.    ])
    """
    pixels, _ = _count(label_maps, num_classes, ignore_class)
    seen = pixels > 0
    return _fill(seen, pixels.sum() / (seen.sum() * pixels[seen]))


def _count(label_maps, num_classes, ignore_class):
    """Pixels of each class, and counted pixels of the images that contain it, (K,) each."""
    if num_classes < 2:
        raise InputError(f"num_classes must be at least 2, background included, got {num_classes!r}.")
    pixels, around = np.zeros((2, num_classes), np.int64)
    for labels in label_maps:
        labels = np.asarray(labels)
        if not np.issubdtype(labels.dtype, np.integer):
            raise TypeError(f"label_maps must be of an integer type, got {labels.dtype}. Pass class numbers.")
        if labels.ndim != 2:
            raise InputError(f"label_maps must hold arrays (H, W), got {labels.shape}. Pass one image as labels[None].")
        labels = labels.ravel() if ignore_class is None else labels[labels != ignore_class]
        if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
            raise InputError(
                f"label_maps must lie in [0, {num_classes}), got values from {labels.min()} to {labels.max()}. "
                "Set ignore_class?"
            )
        counts = np.bincount(labels, minlength=num_classes)
        pixels += counts
        around += (counts > 0) * labels.size
    if not pixels.any():
        raise InputError("label_maps must hold at least one pixel that is not ignored, got none.")
    return pixels, around


def _fill(seen, weights):
    filled = np.full(seen.shape, np.nan)
    filled[seen] = weights
    return filled
