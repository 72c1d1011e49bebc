"""Who matches whom: predicted and true instances, for every threshold and area range at once."""

import numpy as np

from seglab import rle


def match(truth, prediction, thresholds, ranges):
    """Match predictions to the truth as `seglab.metrics.instance` describes.

    Args:
        truth: `Instances` `(N,)`.
        prediction: `Instances` `(M,)`, sorted by image, class and falling score.
        thresholds: float array `(T,)`, ascending, the IoU to reach.
        ranges: float array `(A, 2)`, least and greatest area that counts.

    Returns:
        `(right, wrong, ignored)`, bool arrays: `(A, T, M)` and `(A, T, M)`, predictions that count as right and as
        wrong; `(A, N)`, truth that is not asked for.

    Example:
        >>> from seglab.metrics.instance_inputs import gather
        >>> image = {"masks": np.ones((1, 4, 5), bool), "classes": [0]}
        >>> truth, prediction, _ = gather([image], [{**image, "scores": [1.0]}], num_classes=1, most=100)
        >>> right, wrong, ignored = match(truth, prediction, np.array([0.5]), np.array([[0, 99], [50, 99]]))
        >>> right.tolist(), wrong.tolist(), ignored.tolist()
        ([[[True]], [[False]]], [[[False]], [[False]]], [[False], [True]])
    """
    ignored = truth.crowd | _outside(truth.areas, ranges)  # (A, N)
    i, j, overlap = _candidates(truth, prediction, thresholds[0])
    # Best last: by prediction, then overlap; of equal ones the program takes the later.
    order = np.lexsort((i, overlap, j))
    i, j, overlap = i[order], j[order], overlap[order]
    matched, forgiven = np.zeros((2, len(ranges), len(thresholds), len(prediction.classes)), bool)
    taken = np.zeros((len(ranges), len(thresholds), len(truth.classes)), bool)
    reached = overlap >= np.minimum(thresholds, 1 - 1e-10)[:, None]  # (T, P)
    # In one round, one prediction of every image and class chooses: those with the same number of predecessors.
    rounds = _predecessors(prediction, j)
    for pairs in np.split(*_sorted(rounds)):
        true, pred = i[pairs], j[pairs]
        free = reached[:, pairs] & ~taken[:, :, true]  # (A, T, P)
        place = np.arange(1, len(pairs) + 1)
        asked = np.where(ignored[:, true], 0, len(pairs))[:, None]  # comes before what is not asked for
        first = np.flatnonzero(np.diff(pred, prepend=-1))
        choice = np.maximum.reduceat(np.where(free, place + asked, 0), first, axis=-1)  # (A, T, predictions)
        area, level, of = np.nonzero(choice)
        chosen = true[(choice[area, level, of] - 1) % len(pairs)]
        matched[area, level, pred[first[of]]] = True
        forgiven[area, level, pred[first[of]]] = ignored[area, chosen]
        taken[area, level, chosen] = ~truth.crowd[chosen]
    forgiven |= ~matched & _outside(prediction.areas, ranges)[:, None]
    return matched & ~forgiven, ~matched & ~forgiven, ignored


def _outside(areas, ranges):
    return (areas < ranges[:, :1]) | (areas > ranges[:, 1:])  # (A, N)


def _sorted(rounds):
    """Pairs by round, and where each later round starts."""
    order = np.argsort(rounds, kind="stable")
    return order, np.flatnonzero(np.diff(rounds[order])) + 1


def _predecessors(prediction, j):
    """For every pair, how many predictions of the same image and class are in earlier pairs; pairs sorted by `j`."""
    new = np.diff(j, prepend=-1) > 0
    number = new.cumsum()  # of the prediction among those in pairs
    images, classes = prediction.images[j], prediction.classes[j]
    group = np.flatnonzero((np.diff(images, prepend=-1) != 0) | (np.diff(classes, prepend=-1) != 0))
    lengths = np.diff(np.append(group, len(j)))
    return number - np.repeat(number[group], lengths)


def _candidates(truth, prediction, least):
    """Pairs `(i, j)` of truth and prediction of one image and class, and their overlap, where it reaches `least`."""
    num_classes = max(truth.classes.max(initial=0), prediction.classes.max(initial=0)) + 1
    groups = truth.images * num_classes + truth.classes
    of_group = np.argsort(groups, kind="stable")
    wanted = prediction.images * num_classes + prediction.classes
    start, stop = (np.searchsorted(groups[of_group], wanted, side) for side in ("left", "right"))
    counts = stop - start
    j = np.repeat(np.arange(len(wanted)), counts)
    i = of_group[np.arange(len(j)) - np.repeat(counts.cumsum() - counts - start, counts)]
    # The boxes bound what two masks can share, so most pairs need no closer look.
    boxes = truth.runs.boxes[truth.places], prediction.runs.boxes[prediction.places]
    shared = rle.box_overlaps(*boxes, i, j)
    near = np.flatnonzero(shared)
    i, j, shared = i[near], j[near], shared[near]
    true_areas, pred_areas = truth.runs.areas[truth.places], prediction.runs.areas[prediction.places]
    bound = np.minimum(shared, np.minimum(true_areas[i], pred_areas[j]))
    near = _overlap(bound, truth.crowd[i], true_areas[i], pred_areas[j]) >= least
    i, j = i[near], j[near]
    shared = rle.overlaps(truth.runs, prediction.runs, truth.places[i], prediction.places[j])
    overlap = _overlap(shared, truth.crowd[i], true_areas[i], pred_areas[j])
    near = overlap >= least
    return i[near], j[near], overlap[near]


def _overlap(shared, crowd, true_areas, pred_areas):
    """IoU, or against a crowd the share of the prediction."""
    return shared / (pred_areas + np.where(crowd, 0, true_areas - shared))
