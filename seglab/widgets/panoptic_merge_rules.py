"""Panoptic merge: the merge of `seglab.models.panoptic_fpn`, with the reason for every mask, and without Keras.

The JavaScript twin: `panoptic_merge_rules.js`.
"""

import numpy as np

from seglab.labels import IGNORE, encode_panoptic


def merge_with_reasons(claims, masks, best, stuff, *, threshold, overlap, least_stuff):
    """Merge as `seglab.models.panoptic_fpn.merge` does, and say what became of every mask.

    Args:
        claims: List of a dict for each mask, with its `category` and `score`.
        masks: Bool array `(n, H, W)`.
        best: Integer array `(H, W)`: place in `stuff` of the best class of each pixel, `len(stuff)` for "some thing".
        stuff: Category of each stuff class.
        threshold: As for `merge`.
        overlap: As for `merge`.
        least_stuff: As for `merge`.

    Returns:
        `(ids, fates, rests)`: int32 array `(H, W)`, the panoptic map; for each mask a dict of `kind`, which is
        `"kept"`, `"score"` (too low) or `"taken"` (too much of it), the pixels `free` at its turn, its `area`, and the
        `id` it got or -1; for each stuff class a dict of `category`, the pixels `free` for it, and whether it was
        `kept`.

    Example:
        >>> masks = np.array([[[True, True, True, False, False]], [[False, True, True, True, False]]])
        >>> claims = [{"category": 7, "score": 0.8}, {"category": 7, "score": 0.9}]
        >>> settings = {"threshold": 0.5, "overlap": 0.5, "least_stuff": 1}
        >>> ids, fates, rests = merge_with_reasons(claims, masks, np.zeros((1, 5), int), [2], **settings)
        >>> ids
        array([[2000, 7001, 7001, 7001, 2000]], dtype=int32)
        >>> fates[0]
        {'kind': 'taken', 'free': 1, 'area': 3, 'id': -1}
        >>> rests
        [{'category': 2, 'free': 2, 'kept': True}]
    """
    categories, instances = np.full(best.shape, IGNORE), np.zeros(best.shape, int)
    fates, counts = [{"kind": "score", "free": 0, "area": int(mask.sum()), "id": -1} for mask in masks], {}
    scores = np.array([claim["score"] for claim in claims], float)
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] < threshold:
            break
        free = masks[index] & (instances == 0)
        fate, category = fates[index], claims[index]["category"]
        fate["free"] = int(free.sum())
        if not fate["free"] or fate["free"] < (1 - overlap) * fate["area"]:
            fate["kind"] = "taken"
            continue
        counts[category] = counts.get(category, 0) + 1
        fate |= {"kind": "kept", "id": category * 1000 + counts[category]}
        categories[free], instances[free] = category, counts[category]
    rests = []
    for place, category in enumerate(stuff):
        free = (best == place) & (instances == 0)
        rests.append({"category": category, "free": int(free.sum()), "kept": bool(free.sum() >= least_stuff)})
        if rests[-1]["kept"]:
            categories[free] = category
    return encode_panoptic(categories, instances), fates, rests


def drawn_claims():
    """Draw a street, and what two fair heads might say of it.

    The masks are generous and a little beside, and each object has a weaker duplicate. The semantic head sees grass
    where the truth has only road.

    Returns:
        `(image, found, truth, classes)` as `PanopticMerge` takes them.

    Example:
        >>> image, found, truth, classes = drawn_claims()
        >>> len(found["masks"]), found["semantic"].shape, classes[4:]
        (12, (64, 96, 5), ('car', 'person'))
    """
    from scipy import ndimage

    from seglab.datasets.streets import STREETS, THINGS, draw_street

    image, truth = draw_street(5, size=(64, 96), split="val")
    truth[truth // 1000 == STREETS.index("grass")] = 0
    rng = np.random.default_rng(0)
    masks, classes, scores = [], [], []
    for number in np.unique(truth[truth % 1000 > 0]):
        for low, high, most in ((0.6, 1.0, 1), (0.2, 0.75, 2)):
            moved = np.roll(truth == number, rng.integers(-most, most + 1, 2), axis=(0, 1))
            masks.append(ndimage.binary_dilation(moved))
            classes.append(THINGS.index(number // 1000))
            scores.append(round(rng.uniform(low, high), 2))
    semantic = np.where(truth % 1000 > 0, 4, truth // 1000)
    noise = ndimage.gaussian_filter(rng.normal(0, 1, (*semantic.shape, 5)), (2, 2, 0)) * 3.4
    found = {"masks": np.array(masks), "classes": np.array(classes), "scores": np.array(scores)}
    return image, {**found, "semantic": 2 * np.eye(5)[semantic] + noise}, truth, STREETS
