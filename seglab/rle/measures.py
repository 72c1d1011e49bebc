"""Area and overlap of run-length encoded masks."""

import numpy as np

from seglab.errors import InputError
from seglab.rle.coding import find_runs
from seglab.rle.runs import box_overlaps, overlaps


def area(rles):
    """Count the foreground pixels.

    Args:
        rles: dict `{"size": [H, W], "counts": ...}` or a list of `N` of them; or a bool array `(N, H, W)`.

    Returns:
        int, or int64 array `(N,)` of a list.

    Raises:
        InputError: If a mask's counts do not fill its size.

    Example:
        >>> area({"size": [2, 3], "counts": "2111"})
        3
    """
    return int(find_runs([rles]).areas[0]) if isinstance(rles, dict) else find_runs(rles).areas


def iou(y_true, y_pred, *, crowd=None):
    """Intersection over union of every true with every predicted mask.

    Args:
        y_true: List of `N` COCO RLE dicts, or bool array `(N, H, W)`.
        y_pred: List of `M` COCO RLE dicts, or bool array `(M, H, W)`, of the same size.
        crowd: bool array `(N,)`; against a crowd region it is the share of the predicted mask that lies in it. Nothing
            is a crowd if `None`.

    Returns:
        float64 array `(N, M)` in [0, 1]; 0 where masks do not touch, empty ones included.

    Raises:
        InputError: If a mask's counts do not fill its size, sizes differ, or `crowd` has another length.

    Example:
        >>> masks = np.array([[[0, 1, 1], [0, 0, 1]], [[1, 1, 1], [1, 1, 1]]], bool)
        >>> iou(masks[:1], masks), iou(masks[1:], masks[:1], crowd=[True])
        (array([[1. , 0.5]]), array([[1.]]))
    """
    truth, prediction = find_runs(y_true), find_runs(y_pred)
    shape = len(truth.sizes), len(prediction.sizes)
    crowd = np.zeros(shape[0], bool) if crowd is None else np.asarray(crowd, bool)
    if crowd.shape != shape[:1]:
        raise InputError(f"crowd must have shape {shape[:1]}, one per true mask, got {crowd.shape}.")
    i, j = (pairs.reshape(-1) for pairs in np.indices(shape))
    wrong = np.flatnonzero((truth.sizes[i] != prediction.sizes[j]).any(axis=1))
    if len(wrong):
        raise InputError(
            f"masks must be of one size, got {truth.sizes[i[wrong[0]]].tolist()} and "
            f"{prediction.sizes[j[wrong[0]]].tolist()}. Are they of the same image, height before width?"
        )
    close = box_overlaps(truth.boxes, prediction.boxes, i, j) > 0
    i, j = i[close], j[close]
    shared = overlaps(truth, prediction, i, j)
    union = prediction.areas[j] + np.where(crowd[i], 0, truth.areas[i] - shared)
    result = np.zeros(shape)
    result[i, j] = shared / union
    return result
