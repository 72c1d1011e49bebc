"""Metrics of semantic segmentation, all read from the confusion matrix of `seglab.metrics.confusion`.

Add the matrices of a data set's images and read the sum, and you have *dataset* mIoU; read each image's matrix and
average, as `image_mean` does, and you have *image* mIoU. The two differ: an image with (intersection, union) =
(90, 100) and one with (0, 2) give 0.45 averaged, 0.88 added.

A class that occurs neither in the truth nor in the prediction has no overlap to measure: its value is `nan`.
"""

import numpy as np

from seglab.errors import InputError


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


def image_mean(metric, confusions):
    """Mean over images of a metric of each image, the *image* reduction; `metric(sum(confusions))` is the other one.

    Args:
        metric: Function of one confusion matrix, such as `mean_iou` or `iou_per_class`; `functools.partial` sets its
            options.
        confusions: Integer arrays `(K, K)`, one per image, at least one.

    Returns:
        What `metric` returns, averaged over the images where it is not `nan`; `nan` where it is so for all of them.

    Raises:
        InputError: If `confusions` is empty, or one matrix instead of one per image.

    Example:
        >>> confusions = [np.array([[0, 10], [0, 90]]), np.array([[0, 2], [0, 0]])]
        >>> image_mean(iou_per_class, confusions), iou_per_class(sum(confusions)).round(4)
        (array([0.  , 0.45]), array([0.    , 0.8824]))
    """
    confusions = list(confusions)
    if not confusions or np.ndim(confusions[0]) != 2:
        raise InputError("confusions must be confusion matrices, one per image, and at least one.")
    values = np.array([metric(confusion) for confusion in confusions])  # (N,) or (N, K)
    known = ~np.isnan(values)
    means = _ratio(np.where(known, values, 0).sum(axis=0), known.sum(axis=0))
    return means if means.ndim else float(means)


def _sums(confusion):
    """Per class: pixels right, pixels in the truth, pixels in the prediction."""
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise InputError(f"confusion must have shape (K, K), got {confusion.shape}. Use confusion_matrix?")
    return np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)


def _ratio(numerator, denominator):
    """Quotient in float64, `nan` where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full(np.shape(denominator), np.nan), where=denominator != 0)


def _mean(values):
    return float(values.mean()) if len(values) else float("nan")
