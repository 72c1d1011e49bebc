"""Drops what the best box overlaps, and stops."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-chains": 1, "q3-nms-test-order": 1}


def nms(iou, scores, threshold=0.5):
    order = np.argsort(-scores, kind="stable")
    return [int(box) for place, box in enumerate(order) if place == 0 or iou[order[0], box] <= threshold]
