"""What a network that finds objects is worth on a data set: COCO's AP, panoptic quality, and what it costs."""

import statistics
import time

import numpy as np

from seglab.errors import InputError
from seglab.metrics import mask_ap, panoptic_counts, panoptic_quality


def evaluate_instances(found, data):
    """Measure found objects by COCO's rules.

    Args:
        found: List of one dict per image of `data`: `masks`, `classes`, `scores`, as a network's `detect` gives it.
        data: `InstanceData`.

    Returns:
        Dict of floats: `AP`, `AP50`, `AP75`, `AP small`, `AP medium`, `AP large`, and `AP of CLASS` for every class;
        `nan` where there is nothing to find.

    Raises:
        InputError: If `found` and `data` differ in length.

    Example:
        >>> from seglab.datasets.instances import load_instances
        >>> data = load_instances("cells", split="val", count=2)
        >>> found = [{**one, "scores": [0.9] * len(one["masks"])} for one in data.truth()]
        >>> evaluate_instances(found, data)["AP"]
        1.0
    """
    _check_length(found, data)
    ap = mask_ap(data.truth(), found, num_classes=data.num_classes)
    scores = {"AP": ap.ap, "AP50": ap.ap50, "AP75": ap.ap75}
    scores |= {"AP small": ap.ap_small, "AP medium": ap.ap_medium, "AP large": ap.ap_large}
    return scores | {f"AP of {name}": float(value) for name, value in zip(data.classes, ap.ap_per_class, strict=True)}


def evaluate_panoptic(maps, truth, classes, *, things):
    """Measure panoptic maps.

    Args:
        maps: List of int arrays (H, W), `category * 1000 + instance`.
        truth: List of as many true maps.
        classes: The `K` class names in index order.
        things: Classes that are things.

    Returns:
        Dict of floats: `PQ`, `SQ`, `RQ`, the three of things and of stuff, such as `PQ things`, and `PQ of CLASS` for
        every class.

    Raises:
        InputError: If the lists differ in length or are empty.

    Example:
        >>> one = np.array([[0, 1001, 1002]])
        >>> evaluate_panoptic([one], [one], ["sky", "car"], things=[1])["PQ things"]
        1.0
    """
    _check_length(maps, truth)
    if not len(truth):
        raise InputError("truth must hold at least one map, got none.")
    pairs = zip(truth, maps, strict=True)
    quality = panoptic_quality(sum(panoptic_counts(*pair, len(classes)) for pair in pairs), things=things)
    scores = {}
    for group in ("", " things", " stuff"):
        for name in ("pq", "sq", "rq"):
            scores[name.upper() + group] = getattr(quality, name + group.replace(" ", "_"))
    return scores | {f"PQ of {name}": float(pq) for name, pq in zip(classes, quality.pq_per_class, strict=True)}


def panoptic_truth(data, *, things, stuff):
    """Put objects and stuff of a panoptic data set together.

    Args:
        data: `InstanceData` with stuff.
        things: Category of each object class.
        stuff: Category of each stuff class.

    Returns:
        List of int arrays (H, W), `category * 1000 + instance`.

    Raises:
        InputError: If only objects are labeled.

    Example:
        >>> from seglab.datasets.instances import load_instances
        >>> data = load_instances("streets", split="val", count=1)
        >>> sorted(set((panoptic_truth(data, things=(4, 5), stuff=(0, 1, 2, 3))[0] // 1000).ravel().tolist()))
        [0, 1, 2, 3, 4, 5]
    """
    maps = []
    for sample, semantic in zip(data.truth(), data.semantic(), strict=True):
        panoptic = np.array([*stuff, 0], np.int32)[semantic] * 1000
        counts = dict.fromkeys(range(len(things)), 0)
        for mask, klass in zip(sample["masks"], sample["classes"].tolist(), strict=True):
            counts[klass] += 1
            panoptic[mask] = things[klass] * 1000 + counts[klass]
        maps.append(panoptic)
    return maps


def milliseconds_per_image(detect, images, *, repeats=15):
    """CPU time of the way from pixels to objects, one image at a time, as somebody with one photo waits for it.

    CPU time of the process, all threads added up: other work on the machine lengthens the wait, but not this number.

    Args:
        detect: Function of a float array (1, H, W, C).
        images: Float array (N, H, W, C).
        repeats: Number of images that are timed, after one that warms up.

    Returns:
        Median in milliseconds.

    Example:
        >>> milliseconds_per_image(lambda image: image.sum(), np.zeros((3, 8, 8, 3))) < 1000
        True
    """
    times = []
    for number in range(repeats + 1):
        start = time.process_time()
        detect(images[number % len(images)][None])
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times[1:])


def _check_length(found, data):
    if len(found) != len(data):
        raise InputError(f"there must be one result for each of the {len(data)} images, got {len(found)}.")
