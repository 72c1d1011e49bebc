"""Lets every object choose the prediction of largest IoU."""

import numpy as np

CELL = "q4-match"
LOSES = {"q4-match-test-greedy": 1}


def match(iou, scores, crowd, threshold=0.5):
    found = [-1] * len(scores)
    for n in np.flatnonzero(~crowd):
        if len(scores) and iou[:, n].max() >= threshold:
            found[int(np.argmax(iou[:, n]))] = int(n)
    for m in range(len(scores)):
        near = np.flatnonzero(crowd & (iou[m] >= threshold))
        if found[m] == -1 and len(near):
            found[m] = int(near[np.argmax(iou[m, near])])
    return found
