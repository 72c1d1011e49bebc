"""Metrics of semantic segmentation, all read from one confusion matrix.

Add the matrices of a data set's images and read the sum, and you have *dataset* mIoU; read each image's matrix and
average, and you have *image* mIoU. The two differ: an image with (intersection, union) = (90, 100) and one with (0, 2)
give 0.45 averaged, 0.88 added.

A class that occurs neither in the truth nor in the prediction has no overlap to measure: its value is `nan`.
"""

import numpy as np

from seglab.errors import InputError

# 2^17 pixels at a time: the working arrays, about 2 MB, stay in the processor's cache, whatever the size of the input.
_CHUNK = 1 << 17
_LANES = 4


def confusion_matrix(y_true, y_pred, num_classes, *, ignore_class=None):
    """Count pixels by true class (row) and predicted class (column).

    Counts add up: the matrix of a data set is the sum of the matrices of its batches.

    Args:
        y_true: Integer array of shape `(..., H, W)`, the ground-truth labels.
        y_pred: Integer array of the same shape. Pass `probs.argmax(axis=-1)`, not probabilities.
        num_classes: Number of classes `K`, background included. Counted labels must lie in `[0, K)`.
        ignore_class: Label in `y_true` whose pixels are not counted, whatever `y_pred` holds there. Counts every pixel
            if `None`.

    Returns:
        int64 array `(K, K)`; entry `[i, j]` counts pixels of class `i` predicted as `j`.

    Raises:
        InputError: If shapes differ, `num_classes` is not positive, or a counted label is outside `[0, K)`.
        TypeError: If either array is not of integer type.

    Example:
        >>> confusion_matrix(np.array([[0, 0, 1], [1, 1, 255]]), np.array([[0, 1, 1], [1, 1, 0]]), 2, ignore_class=255)
        array([[1, 1],
               [0, 3]])
    """
    y_true, y_pred = check_arrays(y_true, y_pred, num_classes)
    y_true, y_pred = y_true.reshape(-1), y_pred.reshape(-1)
    cells = num_classes * num_classes
    # A counter that is hit twice in a row makes the processor wait for itself, and neighbors mostly are of one class.
    # So each pixel of a group of four counts in a table of its own. 16-bit indices, while they reach, halve the time.
    lanes = _LANES if cells * _LANES <= 1 << 16 else 1
    dtype = np.uint16 if cells * lanes <= 1 << 16 else np.int64
    size = min(_CHUNK, y_true.size)
    table = np.tile(np.arange(lanes, dtype=dtype) * cells, -(-size // lanes))[:size]
    index, column, wide = np.empty(size, dtype), np.empty(size, dtype), np.empty(size, np.intp)
    counts = np.zeros(cells * lanes, np.int64)
    num_ignored = 0
    for start in range(0, y_true.size, _CHUNK):
        truth, prediction = _narrow(y_true[start : start + _CHUNK]), _narrow(y_pred[start : start + _CHUNK])
        if ignore_class is not None:
            counted = truth != ignore_class
            num_ignored += counted.size - np.count_nonzero(counted)
            # Ignored pixels become (0, 0) and are taken off that cell below: cheaper than cutting them out.
            truth, prediction = truth * counted.view(np.uint8), prediction * counted.view(np.uint8)
        _check_range("y_true", truth, num_classes, ignore_class)
        _check_range("y_pred", prediction, num_classes, ignore_class)
        if truth.size < len(index):  # the last chunk
            index, column, table, wide = (array[: truth.size] for array in (index, column, table, wide))
        np.copyto(index, truth, casting="unsafe")
        np.copyto(column, prediction, casting="unsafe")
        index *= num_classes
        index += column
        index += table
        np.copyto(wide, index)  # bincount would do it too, in new memory each time
        counts += np.bincount(wide, minlength=len(counts))
    counts[0] -= num_ignored
    return counts.reshape(lanes, num_classes, num_classes).sum(axis=0)


def check_arrays(y_true, y_pred, num_classes):
    """Make arrays of two label maps that fit together.

    Args:
        y_true: Integer array of any shape.
        y_pred: Integer array of the same shape.
        num_classes: Number of classes, at least 1.

    Returns:
        The two arrays. Their values are not looked at.

    Raises:
        InputError: If shapes differ or `num_classes` is not positive.
        TypeError: If either array is not of integer type.

    Example:
        >>> check_arrays([0, 1], [1, 1], num_classes=2)
        (array([0, 1]), array([1, 1]))
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if num_classes < 1:
        raise InputError(f"num_classes must be at least 1, got {num_classes}.")
    for name, labels, remedy in (("y_true", y_true, "y_true.astype(np.uint8)"), ("y_pred", y_pred, "probs.argmax(-1)")):
        if not np.issubdtype(labels.dtype, np.integer):
            raise TypeError(f"{name} must be labels of integer type, got {labels.dtype}. Pass {remedy}?")
    if y_true.shape != y_pred.shape:
        raise InputError(
            f"y_true and y_pred must have the same shape, got {y_true.shape} and {y_pred.shape}. "
            "Resize the smaller one, labels by nearest neighbor?"
        )
    return y_true, y_pred


def _unsigned(labels):
    """The same memory as unsigned integers: a negative number becomes a huge one, so one maximum finds both."""
    return labels.view(labels.dtype.str.replace("i", "u"))


def _narrow(labels):
    """One byte per pixel if that loses nothing: all later passes are faster."""
    if labels.dtype == np.uint8 or _unsigned(labels).max() > 255:
        return labels
    return labels.astype(np.uint8)


def _check_range(name, labels, num_classes, ignore_class):
    if _unsigned(labels).max() < num_classes:
        return
    low, high = labels.min(), labels.max()
    if name == "y_pred":
        remedy = "Pass probs.argmax(-1), or set num_classes."
    elif ignore_class is None:
        remedy = f"Set ignore_class={low if low < 0 else high}?"
    else:
        remedy = f"That is without ignore_class={ignore_class}; set num_classes?"
    raise InputError(f"{name} must lie in [0, {num_classes}), got values from {low} to {high}. {remedy}")


def iou_per_class(confusion):
    """Intersection over union (Jaccard index) of each class.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float64 array `(K,)`, values in [0, 1]; `nan` for a class in neither truth nor prediction.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> iou_per_class(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
        array([0.75      , 0.66666667,        nan])
    """
    intersection, in_truth, in_prediction = _sums(confusion)
    return _ratio(intersection, in_truth + in_prediction - intersection)


def dice_per_class(confusion):
    """Dice coefficient (F1 score of the pixels) of each class; `2 * iou / (1 + iou)`.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float64 array `(K,)`, values in [0, 1]; `nan` for a class in neither truth nor prediction.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> dice_per_class(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
        array([0.85714286, 0.8       ,        nan])
    """
    intersection, in_truth, in_prediction = _sums(confusion)
    return _ratio(2 * intersection, in_truth + in_prediction)


def accuracy_per_class(confusion):
    """Share of each class's true pixels that are predicted as that class (recall).

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float64 array `(K,)`, values in [0, 1]; `nan` for a class that is not in the truth.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> accuracy_per_class(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
        array([0.75, 1.  ,  nan])
    """
    intersection, in_truth, _ = _sums(confusion)
    return _ratio(intersection, in_truth)


def mean_iou(confusion, *, absent="exclude"):
    """Mean of the classes' IoU (mIoU), with the rule for absent classes said aloud.

    Published programs disagree on what an absent class is worth; on one and the same confusion matrix the four rules
    give four numbers.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.
        absent: `"exclude"` leaves out a class that is in neither truth nor prediction (Long et al.'s FCN program,
            Keras); `"truth"` leaves out every class that is not in the truth (detectron2), so a false alarm of such a
            class costs only what it takes from others; `"one"` counts a class in neither as 1 (smoothed ratios do);
            `"zero"` counts it as 0.

    Returns:
        float in [0, 1]; `nan` if no class is left to average.

    Raises:
        InputError: If `confusion` is not square or `absent` is none of the four words.

    Example:
        >>> confusion = np.array([[3, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
        >>> [round(mean_iou(confusion, absent=rule), 4) for rule in ("exclude", "truth", "one", "zero")]
        [0.4167, 0.625, 0.5625, 0.3125]
    """
    iou = iou_per_class(confusion)
    if absent == "truth":
        return _mean(iou[np.sum(confusion, axis=1) > 0])
    if absent == "exclude":
        return _mean(iou[~np.isnan(iou)])
    if absent not in ("one", "zero"):
        raise InputError(f"absent must be one of exclude, truth, one, zero, got {absent!r}.")
    return _mean(np.where(np.isnan(iou), float(absent == "one"), iou))


def mean_dice(confusion):
    """Mean of the classes' Dice coefficients, without classes that are in neither truth nor prediction.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float in [0, 1]; `nan` if no class is left to average.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> round(mean_dice(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])), 4)
        0.8286
    """
    dice = dice_per_class(confusion)
    return _mean(dice[~np.isnan(dice)])


def pixel_accuracy(confusion):
    """Share of all counted pixels whose class is right.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float in [0, 1]; `nan` if no pixel was counted.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> round(pixel_accuracy(np.array([[3, 1], [0, 2]])), 4)
        0.8333
    """
    intersection, in_truth, _ = _sums(confusion)
    return float(_ratio(intersection.sum(), in_truth.sum()))


def mean_pixel_accuracy(confusion):
    """Mean of the classes' accuracies, over the classes that are in the truth.

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float in [0, 1]; `nan` if no pixel was counted.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> mean_pixel_accuracy(np.array([[3, 1], [0, 2]]))
        0.875
    """
    accuracy = accuracy_per_class(confusion)
    return _mean(accuracy[~np.isnan(accuracy)])


def frequency_weighted_iou(confusion):
    """Mean of the classes' IoU, each weighted by its share of the true pixels (Long et al., FCN, section 5).

    Args:
        confusion: Integer array `(K, K)`, rows true, columns predicted.

    Returns:
        float in [0, 1]; `nan` if no pixel was counted.

    Raises:
        InputError: If `confusion` is not square.

    Example:
        >>> round(frequency_weighted_iou(np.array([[3, 1], [0, 2]])), 4)
        0.7222
    """
    _, in_truth, _ = _sums(confusion)
    return float(_ratio(np.nansum(in_truth * iou_per_class(confusion)), in_truth.sum()))


def _sums(confusion):
    """Per class: pixels right, pixels in the truth, pixels in the prediction."""
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise InputError(f"confusion must have shape (K, K), got {confusion.shape}. Pass what confusion_matrix returns.")
    return np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)


def _ratio(numerator, denominator):
    """Quotient in float64, `nan` where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full(np.shape(denominator), np.nan), where=denominator != 0)


def _mean(values):
    return float(values.mean()) if len(values) else float("nan")
