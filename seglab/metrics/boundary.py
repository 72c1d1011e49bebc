"""Boundary IoU and BF score: how well the contours fit, where plain IoU mostly sees the inside of large objects.

Cheng, Girshick, Dollar, Berg and Kirillov, "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation"
(CVPR 2021). The boundary of a mask is the part of it within `distance` pixels of its contour, and boundary IoU is the
IoU of the two boundaries. As in the authors' program, distances are those of a 3x3 erosion repeated (the chessboard's,
not the Euclidean), and the edge of the image is a contour.

Csurka, Larlus and Perronnin, "What is a good evaluation measure for semantic segmentation?" (BMVC 2013). BF is the F1
score of the contours: precision is the share of the predicted contour that lies near the true one, recall the share of
the true contour that lies near the predicted one. The contour of a mask is its boundary of width 1, near means a
Euclidean distance of at most `tolerance`.

Ignored pixels are cut out of both maps, as if the image ended there. So what is predicted on them changes nothing, and
a prediction that is right on every counted pixel scores 1.
"""

import numpy as np

from seglab.errors import InputError
from seglab.metrics.confusion import check_arrays, confusion_matrix


def boundary_distance(height, width):
    """Width of the boundary for an image size: 2 % of the diagonal, at least one pixel.

    Args:
        height: Height of the image in pixels.
        width: Width of the image in pixels.

    Returns:
        int, in pixels.

    Example:
        >>> boundary_distance(20, 20), boundary_distance(480, 640)
        (1, 16)
    """
    return max(1, round(0.02 * float(np.hypot(height, width))))


def boundary_counts(y_true, y_pred, num_classes, *, distance=None, ignore_class=None):
    """Pixels in the intersection and in the union of the true and the predicted boundary, per class.

    Counts add up: the boundary IoU of a data set is the ratio of the sums over its images.

    Args:
        y_true: Integer array `(..., H, W)`, the ground-truth labels.
        y_pred: Integer array of the same shape, the predicted labels.
        num_classes: Number of classes `K`, background included. Counted labels must lie in `[0, K)`.
        distance: Width of the boundary in pixels, at least 1. `boundary_distance(H, W)` if `None`.
        ignore_class: Label in `y_true` whose pixels are cut out of both maps. Cuts nothing if `None`.

    Returns:
        `(intersection, union)`, two int64 arrays `(K,)`.

    Raises:
        InputError: If shapes differ or have less than two axes, `distance` is less than 1, or a counted label is
            outside `[0, K)`.
        TypeError: If either array is not of integer type.

    Example:
        >>> y_true, y_pred = np.zeros((2, 4, 4), np.uint8)
        >>> y_true[1:3, 1:3] = y_pred[1:3, 1:4] = 1
        >>> boundary_counts(y_true, y_pred, 2, distance=1)
        (array([10,  4]), array([12,  6]))
    """
    y_true, y_pred = _images(y_true, y_pred, num_classes)
    distance = boundary_distance(*y_true.shape[1:]) if distance is None else distance
    if distance < 1:
        raise InputError(f"distance must be at least 1 pixel, got {distance}.")
    confusion = np.zeros((num_classes + 1, num_classes + 1), np.int64)
    for truth, prediction in zip(y_true, y_pred, strict=True):
        # Class `K` is "no boundary here".
        confusion += confusion_matrix(
            *_boundaries(truth, prediction, num_classes, distance, ignore_class), num_classes + 1
        )
    intersection = np.diagonal(confusion)[:num_classes]
    union = (confusion.sum(axis=0) + confusion.sum(axis=1))[:num_classes] - intersection
    return intersection.copy(), union


def boundary_iou(y_true, y_pred, num_classes, *, distance=None, ignore_class=None):
    """Boundary IoU of each class.

    Args:
        y_true: Integer array `(..., H, W)`, the ground-truth labels.
        y_pred: Integer array of the same shape, the predicted labels.
        num_classes: Number of classes `K`, background included. Counted labels must lie in `[0, K)`.
        distance: Width of the boundary in pixels, at least 1. `boundary_distance(H, W)` if `None`.
        ignore_class: Label in `y_true` whose pixels are cut out of both maps. Cuts nothing if `None`.

    Returns:
        float64 array `(K,)`, values in [0, 1]; `nan` for a class without boundary in truth and prediction.

    Raises:
        InputError: If shapes differ or have less than two axes, `distance` is less than 1, or a counted label is
            outside `[0, K)`.
        TypeError: If either array is not of integer type.

    Example:
        >>> y_true, y_pred = np.zeros((2, 20, 20), np.uint8)
        >>> y_true[4:16, 4:16] = y_pred[4:16, 5:17] = 1
        >>> boundary_iou(y_true, y_pred, 2, distance=1).round(3)
        array([0.662, 0.333])
    """
    intersection, union = boundary_counts(y_true, y_pred, num_classes, distance=distance, ignore_class=ignore_class)
    return np.divide(intersection, union, out=np.full(num_classes, np.nan), where=union > 0)


def bf_score(y_true, y_pred, num_classes, *, tolerance=None, ignore_class=None):
    """Mean over images of the image's BF score, which is the mean over the classes in its truth.

    So this is an image mean: scores of images of different shapes are averaged, not added. A class that is predicted
    but not in the truth costs only what it takes from others.

    Args:
        y_true: Integer array `(..., H, W)`, the ground-truth labels.
        y_pred: Integer array of the same shape, the predicted labels.
        num_classes: Number of classes `K`, background included. Counted labels must lie in `[0, K)`.
        tolerance: Distance in pixels up to which contours fit, at least 0. 0.75 % of the image's diagonal if `None`.
        ignore_class: Label in `y_true` whose pixels are cut out of both maps. Cuts nothing if `None`.

    Returns:
        float in [0, 1]; `nan` if no image has a counted pixel.

    Raises:
        InputError: If shapes differ or have less than two axes, `tolerance` is negative, or a counted label is
            outside `[0, K)`.
        TypeError: If either array is not of integer type.

    Example:
        >>> y_true, y_pred = np.zeros((2, 20, 20), np.uint8)
        >>> y_true[4:16, 4:16] = y_pred[4:16, 5:17] = 1
        >>> [round(bf_score(y_true, y_pred, 2, tolerance=pixels), 3) for pixels in (0, 1)]
        [0.648, 1.0]
    """
    scores = bf_per_class(y_true, y_pred, num_classes, tolerance=tolerance, ignore_class=ignore_class)
    scores = scores.reshape(-1, num_classes)
    of_images = [image[~np.isnan(image)].mean() for image in scores if not np.isnan(image).all()]
    return float(np.mean(of_images)) if of_images else float("nan")


def bf_per_class(y_true, y_pred, num_classes, *, tolerance=None, ignore_class=None):
    """BF score of each class in each image.

    Args:
        y_true: Integer array `(..., H, W)`, the ground-truth labels.
        y_pred: Integer array of the same shape, the predicted labels.
        num_classes: Number of classes `K`, background included. Counted labels must lie in `[0, K)`.
        tolerance: Distance in pixels up to which contours fit, at least 0. 0.75 % of the image's diagonal if `None`.
        ignore_class: Label in `y_true` whose pixels are cut out of both maps. Cuts nothing if `None`.

    Returns:
        float64 array `(..., K)`, values in [0, 1]; `nan` for a class that is not in the image's truth.

    Raises:
        InputError: If shapes differ or have less than two axes, `tolerance` is negative, or a counted label is
            outside `[0, K)`.
        TypeError: If either array is not of integer type.

    Example:
        >>> bf_per_class(np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]]), 3, tolerance=0).round(3)
        array([0.667, 0.8  ,   nan])
    """
    shape = np.shape(y_true)[:-2]
    y_true, y_pred = _images(y_true, y_pred, num_classes)
    tolerance = 0.0075 * float(np.hypot(*y_true.shape[1:])) if tolerance is None else tolerance
    if not tolerance >= 0:
        raise InputError(f"tolerance must be at least 0 pixels, got {tolerance}.")
    scores = np.full((len(y_true), num_classes), np.nan)
    for image, (truth, prediction) in enumerate(zip(y_true, y_pred, strict=True)):
        truth, prediction = _boundaries(truth, prediction, num_classes, 1, ignore_class)
        in_truth, found = _near(truth, prediction, num_classes, tolerance)
        in_prediction, right = _near(prediction, truth, num_classes, tolerance)
        # The harmonic mean of found / in_truth and right / in_prediction, which are 0 together.
        f1 = np.divide(
            2.0 * found * right, found * in_prediction + right * in_truth, out=np.zeros(num_classes), where=found > 0
        )
        scores[image] = np.where(in_truth > 0, f1, np.nan)
    return scores.reshape(*shape, num_classes)


def _images(y_true, y_pred, num_classes):
    """Both maps as `(N, H, W)`."""
    y_true, y_pred = check_arrays(y_true, y_pred, num_classes)
    if y_true.ndim < 2:
        raise InputError(f"y_true and y_pred must have shape (..., H, W), got {y_true.shape}.")
    shape = int(np.prod(y_true.shape[:-2])), *y_true.shape[-2:]
    return y_true.reshape(shape), y_pred.reshape(shape)


def _boundaries(y_true, y_pred, num_classes, distance, ignore_class):
    """Both maps with only their boundaries left; all other pixels, and ignored ones, become `num_classes`.

    A pixel is in the boundary of its own class, and of no other, unless all pixels within `distance` are of that
    class. So two passes over the maps serve all classes at once.
    """
    confusion_matrix(y_true, y_pred, num_classes, ignore_class=ignore_class)  # for its checks
    ignored = None if ignore_class is None else y_true == ignore_class
    boundaries = []
    for labels in (y_true, y_pred):
        labels = labels.astype(np.uint8 if num_classes < 256 else np.int32)
        if ignored is not None:
            labels[ignored] = num_classes
        labels[_interior(labels, distance)] = num_classes
        boundaries.append(labels)
    return boundaries


def _near(contours, others, num_classes, tolerance):
    """Per class: pixels of its contour, and those of them with a pixel of its other contour within the tolerance."""
    height, width = contours.shape
    reach = int(min(tolerance, max(height, width)))
    padded = np.pad(others, reach, constant_values=num_classes)
    rows, cols = np.nonzero(contours != num_classes)
    alone = contours[rows, cols]  # class of each pixel that has found none yet
    places = (rows + reach) * padded.shape[1] + cols + reach
    total = np.bincount(alone, minlength=num_classes)
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    squares = rows * rows + cols * cols
    steps = (rows * padded.shape[1] + cols)[np.argsort(squares, kind="stable")]
    # The nearest first: most pixels are done after a few steps.
    for step in steps[: np.count_nonzero(squares <= tolerance * tolerance)]:
        still = padded.reshape(-1)[places + step] != alone
        places, alone = places[still], alone[still]
        if not len(alone):
            break
    return total, total - np.bincount(alone, minlength=num_classes)


def _interior(labels, distance):
    """Mark the pixels whose whole `(2 * distance + 1)`-square lies in the image and is of one label."""
    height, width = labels.shape
    interior = np.zeros((height, width), bool)
    if min(height, width) <= 2 * distance:
        return interior
    # A square is of one label if its rows are and its middle column is.
    rows = _all_of(labels[:, 1:] == labels[:, :-1], 2 * distance, axis=1)  # (H, W - 2d)
    rows = _all_of(rows, 2 * distance + 1, axis=0)  # (H - 2d, W - 2d)
    column = labels[:, distance : width - distance]
    column = _all_of(column[1:] == column[:-1], 2 * distance, axis=0)  # (H - 2d, W - 2d)
    interior[distance : height - distance, distance : width - distance] = rows & column
    return interior


def _all_of(flags, length, axis):
    """Logical and over every window of `length` along an axis; the window doubles, so log2(length) passes do."""
    flags = np.moveaxis(flags, axis, 0)
    done = 1
    while done < length:
        step = min(done, length - done)
        flags = flags[:-step] & flags[step:]
        done += step
    return np.moveaxis(flags, 0, axis)
