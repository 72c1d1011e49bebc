"""Looks only at the best object, as PASCAL VOC did."""

import numpy as np

CELL = "q4-match"
LOSES = {"q4-match-test-greedy": 1}


def match(iou, scores, crowd, threshold=0.5):
    found, taken = [-1] * len(scores), set()
    for m in np.argsort(-scores, kind="stable"):
        for candidates in (np.flatnonzero(~crowd), np.flatnonzero(crowd)):
            if len(candidates) and found[m] == -1:
                best = int(candidates[np.argmax(iou[m, candidates])])
                if iou[m, best] >= threshold and best not in taken:
                    found[m] = best
        if found[m] >= 0 and not crowd[found[m]]:
            taken.add(found[m])
    return found
