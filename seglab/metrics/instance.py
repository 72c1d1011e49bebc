"""Average precision of instance masks (mask AP) as the COCO benchmark defines it.

Lin et al., "Microsoft COCO: Common Objects in Context" (ECCV 2014), and the evaluation program published with it.
Predictions of a class are taken by falling score. Each matches the true mask of its image and class that it overlaps
best, if their IoU reaches the threshold and no earlier one has taken it. Going down the scores, precision is plotted
against recall, made to fall only, and read at 101 recalls; AP is the mean of what is read.

Some truth is there but not asked for: crowd regions, and for the area ranges, all masks outside the range. It can be
matched only by what matches nothing else, a crowd region any number of times, and such predictions count neither as
right nor as wrong; nor do unmatched ones outside the area range. Against a crowd region, overlap is the share of the
prediction in it.
"""

from dataclasses import dataclass

import numpy as np

from seglab.metrics.instance_inputs import gather
from seglab.metrics.instance_matching import match

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
# An area on a limit belongs to both ranges.
AREA_RANGES = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
MAX_DETECTIONS = (1, 10, 100)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """COCO's twelve numbers, and what they are means of. All are `nan` where there is no truth to find.

    Attributes:
        ap: float, mean over classes and the thresholds .50, .55, ..., .95.
        ap50: float, at threshold .50 alone.
        ap75: float, at threshold .75 alone.
        ap_small: float, of areas up to 32^2 pixels.
        ap_medium: float, of areas from 32^2 to 96^2.
        ap_large: float, of areas from 96^2.
        ar_1: float, average recall of the best prediction of each image and class.
        ar_10: float, of the ten best.
        ar_100: float, of the hundred best, which are all that AP looks at.
        ar_small: float, of the hundred best, of areas up to 32^2.
        ar_medium: float, from 32^2 to 96^2.
        ar_large: float, from 96^2.
        ap_per_class: float64 array `(K,)`.
        precision: float64 array `(10, 101, K, 4)` by threshold, recall, class and area range (all, small,
            medium, large).
        recall: float64 array `(10, K, 4, 3)` by threshold, class, area range and the 1, 10 or 100 best predictions.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar_1: float
    ar_10: float
    ar_100: float
    ar_small: float
    ar_medium: float
    ar_large: float
    ap_per_class: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def mask_ap(y_true, y_pred, *, num_classes=None):
    """COCO's average precision of a data set's predicted masks.

    AP is no mean over images: all images must be given at once.

    Args:
        y_true: List of one dict per image: `"masks"`, bool array `(N, H, W)` or list of `N` COCO RLE dicts;
            `"classes"`, integers `(N,)` in `[0, K)`; optional `"crowd"`, bools `(N,)`, for regions of uncounted
            objects; optional `"areas"`, numbers `(N,)`, in place of the masks' pixels for the area ranges (COCO's files
            have the area of the polygon).
        y_pred: List of one dict per image, in the same order: `"masks"` and `"classes"` as above, and `"scores"`,
            numbers `(M,)`, higher is surer. Equal scores count in the order given.
        num_classes: Number of classes `K`. One more than the highest class given if `None`.

    Returns:
        `AveragePrecision`.

    Raises:
        InputError: If the lists' lengths differ, a key is missing or of the wrong length, a class lies outside
            `[0, K)`, a score is not a number, or the sizes of an image's masks differ.

    Example:
        >>> squares = np.zeros((3, 40, 40), bool)
        >>> squares[0, :10, :10] = squares[1, 20:30, 20:30] = squares[2, 20:30, 22:32] = True
        >>> result = mask_ap(
        ...     [{"masks": squares[:2], "classes": [0, 0]}],
        ...     [{"masks": squares[[0, 2]], "classes": [0, 0], "scores": [0.9, 0.7]}],
        ... )
        >>> round(result.ap50, 4), round(result.ap75, 4), round(result.ap, 4), result.ap_large
        (1.0, 0.505, 0.703, nan)
    """
    truth, prediction, num_classes = gather(y_true, y_pred, num_classes, MAX_DETECTIONS[-1])
    ranges = np.array(list(AREA_RANGES.values()))
    right, wrong, ignored = match(truth, prediction, IOU_THRESHOLDS, ranges)
    precision = np.full((len(IOU_THRESHOLDS), len(RECALLS), num_classes, len(ranges)), np.nan)
    recall = np.full((len(IOU_THRESHOLDS), num_classes, len(ranges), len(MAX_DETECTIONS)), np.nan)
    order = np.lexsort((-prediction.scores, prediction.classes))
    limits = np.searchsorted(prediction.classes[order], np.arange(num_classes + 1))
    for k in np.unique(truth.classes):
        mine = order[limits[k] : limits[k + 1]]
        ranks = prediction.ranks[mine]
        wanted = np.count_nonzero(~ignored[:, truth.classes == k], axis=1)
        for area in np.flatnonzero(wanted):
            tp, fp = right[area][:, mine], wrong[area][:, mine]  # (T, n)
            precision[:, :, k, area] = _precision_at_recalls(tp, fp, wanted[area])
            for m, most in enumerate(MAX_DETECTIONS):
                recall[:, k, area, m] = np.count_nonzero(tp[:, ranks < most], axis=1) / wanted[area]
    return AveragePrecision(
        ap=_mean(precision[..., 0]),
        ap50=_mean(precision[0, ..., 0]),
        ap75=_mean(precision[5, ..., 0]),
        **{f"ap_{name}": _mean(precision[..., a]) for a, name in enumerate(AREA_RANGES) if a},
        **{f"ar_{most}": _mean(recall[..., 0, m]) for m, most in enumerate(MAX_DETECTIONS)},
        **{f"ar_{name}": _mean(recall[:, :, a, -1]) for a, name in enumerate(AREA_RANGES) if a},
        ap_per_class=precision[..., 0].mean(axis=(0, 1)),
        precision=precision,
        recall=recall,
    )


def _precision_at_recalls(tp, fp, wanted):
    """Precision where each of `RECALLS` is reached, or later if it is higher there; 0 where it is never reached."""
    found, missed = tp.cumsum(axis=1), fp.cumsum(axis=1)  # (T, n)
    precision = found / np.maximum(found + missed, 1)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    needed = np.searchsorted(np.arange(wanted + 1) / wanted, RECALLS)  # matches for each recall
    values = np.zeros((len(tp), len(RECALLS)))
    for row, (count, best) in enumerate(zip(found, precision, strict=True)):
        place = np.searchsorted(count, needed)
        reached = place < len(count)
        values[row, reached] = best[place[reached]]
    return values


def _mean(values):
    """Mean of what is not `nan`; `nan` if nothing is left."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else float("nan")
