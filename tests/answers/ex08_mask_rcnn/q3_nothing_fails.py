"""Cannot do without boxes."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-order": 1}


def nms(iou, scores, threshold=0.5):
    waiting = list(np.argsort(-scores, kind="stable"))
    kept = [int(waiting.pop(0))]
    for box in waiting:
        if max(iou[box, other] for other in kept) <= threshold:
            kept.append(int(box))
    return kept
