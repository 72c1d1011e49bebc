"""Lets worse masks lower better ones."""

import numpy as np

CELL = "q3-matrix-nms"
LOSES = {"q3-matrix-nms-test-values": 1}


def matrix_nms(iou, classes, scores, sigma=2.0):
    if len(scores) == 0:
        return scores
    better = np.tril(iou * (classes[:, None] == classes), -1)
    overlapped = better.max(axis=0)
    factor = np.exp(-sigma * (better**2 - overlapped[:, None] ** 2))
    return scores * factor.min(axis=0)
