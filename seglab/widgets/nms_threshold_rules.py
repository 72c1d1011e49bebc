"""NMS threshold: the rules by which boxes are kept and judged. The JavaScript twin: `nms_threshold_rules.js`."""

import numpy as np

from seglab.boxes import box_iou

METHODS = ("greedy", "fast", "soft")
MATCH = 0.5
"""IoU with a true box from which on a kept box has found it."""


def suppress(boxes, scores, *, threshold, score_threshold, method):
    """Decide which boxes stay, and who makes the others fall.

    `"greedy"` goes down the scores and drops what overlaps a kept box too much, as `seglab.boxes.nms` does. `"fast"` is
    that of YOLACT: a fallen box still takes others with it. `"soft"` is the linear form of Soft-NMS: it drops no box
    for its overlap, but multiplies the score by 1 - IoU above the threshold; a box falls when its score falls below the
    score threshold.

    Sources: Bolya et al., "YOLACT" (2019), section 4; Bodla et al., "Soft-NMS" (2017), section 4.

    Args:
        boxes: Float array `(N, 4)`.
        scores: Array `(N,)`.
        threshold: As for `NMSThreshold`.
        score_threshold: As for `NMSThreshold`.
        method: As for `NMSThreshold`.

    Returns:
        `(kept, to, scores)`: the kept indices by falling score; int array `(N,)`, the box that each fallen box falls
        to, -1 for the others; float array `(N,)`, the scores at the end.

    Example:
        >>> chain, scores = [[0, 0, 12, 10], [4, 0, 16, 10], [8, 0, 20, 10]], [0.9, 0.8, 0.7]
        >>> for method in METHODS:
        ...     kept, to, end = suppress(chain, scores, threshold=0.4, score_threshold=0.3, method=method)
        ...     print(kept, to, end.round(2))
        [0 2] [-1  0 -1] [0.9 0.8 0.7]
        [0] [-1  0  1] [0.9 0.8 0.7]
        [0 2] [-1  2 -1] [0.9 0.2 0.7]
    """
    boxes, scores = np.asarray(boxes, float).reshape(-1, 4), np.array(scores, float)
    iou = box_iou(boxes, boxes)
    to = np.full(len(boxes), -1)
    asked = np.flatnonzero(scores >= score_threshold)
    if method == "soft":
        return _soften(iou, scores, to, asked, threshold, score_threshold)
    order = asked[np.argsort(-scores[asked], kind="stable")]
    judges = []
    for one in order:
        close = [other for other in judges if iou[one, other] > threshold]
        if close:
            to[one] = close[0]
        if not close or method == "fast":  # with "fast", whoever falls still judges
            judges.append(one)
    return order[to[order] < 0], to, scores


def _soften(iou, scores, to, asked, threshold, score_threshold):
    left, kept = list(asked), []
    while left:
        best = left[np.argmax(scores[left])]
        if scores[best] < score_threshold:
            break
        left.remove(best)
        kept.append(best)
        for one in left:
            if iou[one, best] > threshold:
                above = scores[one] >= score_threshold
                scores[one] *= 1 - iou[one, best]
                if above and scores[one] < score_threshold:
                    to[one] = best
    return np.array(kept, int), to, scores


def judge(overlap):
    """Compare kept boxes with the truth: each takes the free true box that it overlaps most.

    Args:
        overlap: Array `(kept, M)`, IoU of the kept boxes, by falling score, with the true ones.

    Yields:
        For each kept box a dict: `kind` is `"found"`, `"duplicate"` if true boxes overlap it by `MATCH` or more and all
        of them are taken, or `"false alarm"`; `to` is the index of the true box, or -1; `iou` is the overlap with it.

    Example:
        >>> [one["kind"] for one in judge(np.array([[0.9, 0.6], [0.8, 0.5], [0.7, 0.4], [0.4, 0.1]]))]
        ['found', 'found', 'duplicate', 'false alarm']
    """
    taken = np.zeros(overlap.shape[1], bool)
    for row in overlap:
        free = np.where(taken, 0, row)
        if free.max(initial=0) >= MATCH:
            taken[free.argmax()] = True
            yield {"kind": "found", "to": int(free.argmax()), "iou": free.max()}
        elif row.max(initial=0) >= MATCH:
            yield {"kind": "duplicate", "to": int(row.argmax()), "iou": row.max()}
        else:
            yield {"kind": "false alarm", "to": -1, "iou": 0.0}
