"""Cuts all masks by the union of the boxes."""

import numpy as np

CELL = "q1-cut"
LOSES = {"q1-cut-test-values": 1}


def cut(probabilities, boxes, stride):
    row, col = ((np.arange(side) + 0.5) * stride for side in probabilities.shape[1:])
    (top, left), (bottom, right) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    down, across = (row >= top) & (row < bottom), (col >= left) & (col < right)
    return down[:, None] & across & (probabilities > 0.5)
