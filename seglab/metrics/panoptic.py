"""Panoptic quality (PQ): one number for finding the segments and for drawing them.

Kirillov, He, Girshick, Rother and Dollar, "Panoptic Segmentation" (CVPR 2019). A true and a predicted segment of the
same class match if their IoU is above 1/2, which at most one pair per segment can be. Of a class, with `TP` matches,

    PQ = SQ * RQ,   SQ = sum of the matches' IoU / TP,   RQ = TP / (TP + FP / 2 + FN / 2).

Where nobody knows the truth, nothing is held against a prediction: void pixels are taken out of the predicted segment
before its IoU is measured; a segment of which more than half lies on void pixels, or on crowd regions of its own class,
is no false positive; a crowd region is never matched and never missed. Void pixels of the prediction belong to no
segment, so they cost what they leave uncovered.
"""

from dataclasses import dataclass

import numpy as np

from seglab.errors import InputError
from seglab.labels import IGNORE
from seglab.metrics.confusion import check_arrays

# Up to this many ids, or pairs of a true and a predicted segment, are counted in a table instead of sorted.
_TABLE = 1 << 22


@dataclass(frozen=True, eq=False)
class PanopticCounts:
    """What panoptic quality is read from, per class. Counts of images add up with `+` and `sum`.

    Attributes:
        tp: int64 array `(K,)`, matched pairs.
        fp: int64 array `(K,)`, predicted segments without a match.
        fn: int64 array `(K,)`, true segments without a match.
        iou_sum: float64 array `(K,)`, sum of the matched pairs' IoU.
    """

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    iou_sum: np.ndarray

    def __add__(self, other):
        if not isinstance(other, PanopticCounts):
            return NotImplemented
        if len(self.tp) != len(other.tp):
            raise InputError(
                f"counts must be of the same classes to be added, got {len(self.tp)} and {len(other.tp)}. "
                "Use the same num_classes for all images?"
            )
        return PanopticCounts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.iou_sum + other.iou_sum)

    def __radd__(self, other):
        """Let `sum` start from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented


@dataclass(frozen=True, eq=False)
class PanopticQuality:
    """Panoptic, segmentation and recognition quality: means over classes, and per class.

    A mean leaves out the classes without any segment to count, and is `nan` if no class is left.

    Attributes:
        pq: float, mean over all classes.
        sq: float, mean over all classes; a class without a match counts as 0.
        rq: float, mean over all classes.
        pq_per_class: float64 array `(K,)`; `nan` for a class without any segment to count.
        sq_per_class: float64 array `(K,)`, the same.
        rq_per_class: float64 array `(K,)`, the same.
        pq_things: float, mean over things; `nan` if nobody said which classes are.
        sq_things: float, the same.
        rq_things: float, the same.
        pq_stuff: float, mean over the other classes; `nan` if nobody said which are.
        sq_stuff: float, the same.
        rq_stuff: float, the same.
    """

    pq: float
    sq: float
    rq: float
    pq_per_class: np.ndarray
    sq_per_class: np.ndarray
    rq_per_class: np.ndarray
    pq_things: float
    sq_things: float
    rq_things: float
    pq_stuff: float
    sq_stuff: float
    rq_stuff: float


def panoptic_counts(y_true, y_pred, num_classes, *, ignore_class=IGNORE, crowds=(), max_instances=1000):
    """Match the segments of one image, and count matches, false alarms and misses per class.

    Args:
        y_true: Integer array `(H, W)`, the true panoptic map: `category * max_instances + instance`.
        y_pred: Integer array of the same shape, the predicted one.
        num_classes: Number of classes `K`. Categories must lie in `[0, K)` or be `ignore_class`.
        ignore_class: Category of void pixels. No pixel is void if `None`.
        crowds: Ids in `y_true` that are crowd regions.
        max_instances: Factor of the category in the id.

    Returns:
        `PanopticCounts` of the image. Add those of a data set's images, and read the sum by `panoptic_quality`.

    Raises:
        InputError: If shapes differ or have not two axes, a category is neither in `[0, K)` nor `ignore_class`, or
            no pixel of `y_true` has an id of `crowds`.
        TypeError: If either array is not of integer type.

    Example:
        >>> y_true = np.array([[1001, 1001, 1001, 1001, 1002, 1002]])
        >>> y_pred = np.array([[1001, 1001, 1001, 0, 0, 0]])
        >>> counts = panoptic_counts(y_true, y_pred, 2)
        >>> counts.tp.tolist(), counts.fp.tolist(), counts.fn.tolist(), counts.iou_sum.tolist()
        ([0, 1], [1, 0], [0, 1], [0.0, 0.75])
    """
    y_true, y_pred = check_arrays(y_true, y_pred, num_classes)
    if y_true.ndim != 2:
        raise InputError(f"y_true and y_pred must have shape (H, W), got {y_true.shape}. Add the counts of the images.")
    true_ids, pred_ids, true_of, pred_of, overlap = _pairs(y_true.reshape(-1), y_pred.reshape(-1))
    true_class = _classes("y_true", true_ids, num_classes, ignore_class, max_instances)
    pred_class = _classes("y_pred", pred_ids, num_classes, ignore_class, max_instances)
    true_area = np.bincount(true_of, overlap, len(true_ids))
    pred_area = np.bincount(pred_of, overlap, len(pred_ids))
    true_void, crowd = true_class == num_classes, np.isin(true_ids, list(crowds))
    if crowd.sum() < len(set(crowds)):
        absent = sorted(set(crowds) - set(true_ids.tolist()))
        raise InputError(f"crowds must be ids in y_true, got {absent[0]}, which no pixel has. Encode it as y_true is?")
    same_class = true_class[true_of] == pred_class[pred_of]

    on_void = true_void[true_of]
    void_area = np.bincount(pred_of[on_void], overlap[on_void], len(pred_ids))
    union = true_area[true_of] + pred_area[pred_of] - overlap - void_area[pred_of]
    match = same_class & ~on_void & ~crowd[true_of] & (2 * overlap > union)

    missed = ~true_void & ~crowd
    missed[true_of[match]] = False
    forgiven = on_void | (crowd[true_of] & same_class)
    forgiven_area = np.bincount(pred_of[forgiven], overlap[forgiven], len(pred_ids))
    false_alarm = (pred_class < num_classes) & (2 * forgiven_area <= pred_area)
    false_alarm[pred_of[match]] = False

    matched_class = true_class[true_of[match]]
    return PanopticCounts(
        tp=np.bincount(matched_class, minlength=num_classes),
        fp=np.bincount(pred_class[false_alarm], minlength=num_classes),
        fn=np.bincount(true_class[missed], minlength=num_classes),
        iou_sum=np.bincount(matched_class, overlap[match] / union[match], num_classes),
    )


def panoptic_quality(counts, *, things=None):
    """Read panoptic quality from counts.

    Args:
        counts: `PanopticCounts` of an image, or the sum of those of a data set.
        things: Classes that are things, the others being stuff. The two means are `nan` if `None`.

    Returns:
        `PanopticQuality`.

    Raises:
        InputError: If a class of `things` is outside `[0, K)`.

    Example:
        >>> y_true = np.array([[1001, 1001, 1001, 1001, 1002, 1002]])
        >>> y_pred = np.array([[1001, 1001, 1001, 0, 0, 0]])
        >>> quality = panoptic_quality(panoptic_counts(y_true, y_pred, 2), things=[1])
        >>> quality.pq_per_class.tolist(), quality.pq, quality.pq_things
        ([0.0, 0.5], 0.25, 0.5)
    """
    num_classes = len(counts.tp)
    sizes = counts.tp + counts.fp / 2 + counts.fn / 2
    present = sizes > 0
    found = np.divide(counts.iou_sum, counts.tp, out=np.zeros(num_classes), where=counts.tp > 0)
    per_class = {
        "pq": np.divide(counts.iou_sum, sizes, out=np.full(num_classes, np.nan), where=present),
        "sq": np.where(present, found, np.nan),
        "rq": np.divide(counts.tp, sizes, out=np.full(num_classes, np.nan), where=present),
    }
    thing = np.zeros(num_classes, bool)
    for number in () if things is None else things:
        if not 0 <= number < num_classes:
            raise InputError(f"things must lie in [0, {num_classes}), got {number}.")
        thing[number] = True
    told = things is not None
    groups = {"": present, "_things": present & thing & told, "_stuff": present & ~thing & told}
    return PanopticQuality(
        **{f"{name}_per_class": values for name, values in per_class.items()},
        **{
            name + group: float(values[chosen].mean()) if chosen.any() else float("nan")
            for name, values in per_class.items()
            for group, chosen in groups.items()
        },
    )


def _pairs(y_true, y_pred):
    """Ids of both maps `(N,)` and `(M,)`, and per pair that overlaps: place in the one, in the other, pixels."""
    # Segments are made of runs: what follows looks at the start of each run instead of at each pixel.
    change = y_true[1:] != y_true[:-1]
    change |= y_pred[1:] != y_pred[:-1]
    starts = np.concatenate([np.zeros(min(1, y_true.size), np.intp), np.flatnonzero(change) + 1])
    lengths = np.diff(starts, append=y_true.size)
    true_ids, true_of = _places(y_true[starts])
    pred_ids, pred_of = _places(y_pred[starts])
    codes = true_of * len(pred_ids) + pred_of
    if len(true_ids) * len(pred_ids) <= _TABLE:
        overlap = np.bincount(codes, lengths, 1)
        codes = np.flatnonzero(overlap)
        overlap = overlap[codes]
    else:
        codes, of = np.unique(codes, return_inverse=True)
        overlap = np.bincount(of, lengths)
    return true_ids, pred_ids, codes // max(1, len(pred_ids)), codes % max(1, len(pred_ids)), overlap


def _places(ids):
    """The different ids, ascending, and the place of each of `ids` among them."""
    if not ids.size or ids.min() < 0 or ids.max() >= _TABLE:
        return np.unique(ids, return_inverse=True)
    present = np.zeros(int(ids.max()) + 1, bool)
    present[ids] = True
    different = np.flatnonzero(present)
    place = np.empty(len(present), np.intp)  # filled only where it is read
    place[different] = np.arange(len(different))
    return different, place[ids]


def _classes(name, ids, num_classes, ignore_class, max_instances):
    """Category of each id, with `num_classes` for void."""
    categories = ids // max_instances
    void = np.zeros(len(ids), bool) if ignore_class is None else categories == ignore_class
    outside = ~void & ((categories < 0) | (categories >= num_classes))
    if outside.any():
        raise InputError(
            f"{name} must hold categories in [0, {num_classes}) or ignore_class={ignore_class}, got id "
            f"{ids[outside][0]} of category {categories[outside][0]}. Set num_classes or ignore_class, or is the map "
            "not encoded as category * max_instances + instance?"
        )
    return np.where(void, num_classes, categories)
