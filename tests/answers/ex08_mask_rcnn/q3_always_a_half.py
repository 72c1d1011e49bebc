"""Does not look at the threshold that it is given."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-chains": 1}


def nms(iou, scores, threshold=0.5):
    waiting = list(np.argsort(-scores, kind="stable"))
    kept = []
    while waiting:
        best = waiting.pop(0)
        kept.append(int(best))
        waiting = [other for other in waiting if iou[best, other] <= 0.5]
    return kept
