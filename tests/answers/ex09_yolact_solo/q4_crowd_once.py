"""Lets a crowd be taken."""

import numpy as np

CELL = "q4-match"
LOSES = {"q4-match-test-crowd": 1}


def match(iou, scores, crowd, threshold=0.5):
    found, free, taken = [-1] * len(scores), ~crowd, np.zeros(len(crowd), bool)
    for m in np.argsort(-scores, kind="stable"):
        for candidates in (free, crowd & ~taken):
            near = np.flatnonzero(candidates & (iou[m] >= threshold))
            if len(near) and found[m] == -1:
                found[m] = int(near[np.argmax(iou[m, near])])
        if found[m] >= 0:
            free[found[m]], taken[found[m]] = False, True
    return found
