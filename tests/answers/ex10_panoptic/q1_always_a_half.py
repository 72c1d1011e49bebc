"""Takes one half for the limit, whatever it is told."""

import numpy as np

CELL = "q1-merge"
LOSES = {"q1-merge-test-overlap": 1}


def merge(masks, classes, scores, stuff, threshold=0.5, overlap=0.5, least_stuff=30):
    ids, free, count = np.full(stuff.shape, 255000), np.ones(stuff.shape, bool), {}
    for index in np.argsort(-scores, kind="stable"):
        rest, category = masks[index] & free, int(classes[index])
        too_little = rest.sum() < 0.5 * masks[index].sum() * (overlap < 1) or not rest.any()
        if scores[index] < threshold or too_little:
            continue
        count[category] = count.get(category, 0) + 1
        ids[rest] = category * 1000 + count[category]
        free &= ~rest
    for category in np.setdiff1d(stuff, 255):
        rest = free & (stuff == category)
        if rest.sum() >= least_stuff:
            ids[rest] = category * 1000
    return ids
