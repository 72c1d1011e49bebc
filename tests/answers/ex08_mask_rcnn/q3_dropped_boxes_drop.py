"""Lets boxes that were dropped drop others, as Fast NMS does."""

import numpy as np

CELL = "q3-nms"
LOSES = {"q3-nms-test-chains": 1}


def nms(iou, scores, threshold=0.5):
    order = np.argsort(-scores, kind="stable")
    overlap = np.triu(iou[np.ix_(order, order)], 1)
    return order[(overlap <= threshold).all(axis=0)]
