"""Returns which boxes stay as zeros and ones."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-chains": 1, "q3-nms-test-order": 1}


def nms(iou, scores, threshold=0.5):
    stays = np.zeros(len(scores), int)
    for box in np.argsort(-scores, kind="stable"):
        stays[box] = int(all(iou[box, other] <= threshold for other in np.flatnonzero(stays)))
    return stays
