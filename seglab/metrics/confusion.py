"""The confusion matrix of label maps: the one count that every semantic metric is read from."""

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
    # So each pixel of a group of four counts in a table of its own, while a fast 16-bit index reaches all four.
    lanes, dtype = (_LANES, np.uint16) if cells * _LANES <= 1 << 16 else (1, np.intp)
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
    if labels.itemsize == 1 or _unsigned(labels).max() > 255:
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
