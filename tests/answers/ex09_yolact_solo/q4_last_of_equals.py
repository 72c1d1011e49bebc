"""Of equal scores lets the last one choose first."""

import numpy as np

CELL = "q4-match"
LOSES = {"q4-match-test-greedy": 1}


def match(iou, scores, crowd, threshold=0.5):
    found, free = [-1] * len(scores), ~crowd
    for m in np.argsort(scores, kind="stable")[::-1]:
        for candidates in (free, crowd):
            near = np.flatnonzero(candidates & (iou[m] >= threshold))
            if len(near) and found[m] == -1:
                found[m] = int(near[np.argmax(iou[m, near])])
        if found[m] >= 0:
            free[found[m]] = False
    return found
