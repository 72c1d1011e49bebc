"""Matches the pair of largest IoU first, whatever the scores."""

import numpy as np

CELL = "q4-match"
LOSES = {"q4-match-test-greedy": 1}


def match(iou, scores, crowd, threshold=0.5):
    found, free = [-1] * len(scores), ~crowd
    order = np.dstack(np.unravel_index(np.argsort(-iou, axis=None, kind="stable"), iou.shape))[0]
    for wanted in (~crowd, crowd):
        for m, n in order:
            if wanted[n] and iou[m, n] >= threshold and found[m] == -1 and (free[n] or crowd[n]):
                found[m] = int(n)
                free[n] = False
    return found
