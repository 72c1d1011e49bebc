"""Drops masks instead of lowering them."""

import numpy as np

CELL = "q3-matrix-nms"
LOSES = {"q3-matrix-nms-test-values": 1}


def matrix_nms(iou, classes, scores, sigma=2.0):
    if len(scores) == 0:
        return scores
    better = np.triu(iou * (classes[:, None] == classes), 1)
    return np.where(better.max(axis=0) > 0.5, 0, scores)
