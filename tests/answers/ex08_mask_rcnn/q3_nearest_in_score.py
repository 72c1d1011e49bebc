"""Compares each box only with the one that was kept last."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-chains": 1, "q3-nms-test-order": 1}


def nms(iou, scores, threshold=0.5):
    kept = []
    for box in np.argsort(-scores, kind="stable"):
        if not kept or iou[kept[-1], box] <= threshold:
            kept.append(int(box))
    return kept
