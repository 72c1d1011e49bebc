"""Lets anchors in between learn the object."""

import numpy as np

CELL = "q2-assign"
LOSES = {"q2-assign-test-values": 1}


def assign(iou, positive=0.7, negative=0.3):
    if iou.shape[1] == 0:
        return np.full(len(iou), -1)
    largest, index = iou.max(axis=1), iou.argmax(axis=1)
    result = np.where(largest < negative, -1, index)
    saved = ((iou == iou.max(axis=0)) & (iou > 0)).any(axis=1)
    result[saved] = index[saved]
    return result
