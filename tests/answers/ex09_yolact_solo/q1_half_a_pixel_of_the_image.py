"""Shifts by half a pixel of the image instead of half a stride."""

import numpy as np

CELL = "q1-cut"
LOSES = {"q1-cut-test-values": 1}


def cut(probabilities, boxes, stride):
    row, col = (np.arange(side) * stride + 0.5 for side in probabilities.shape[1:])
    top, left, bottom, right = boxes.T[:, :, None]
    down, across = (row >= top) & (row < bottom), (col >= left) & (col < right)
    return down[:, :, None] & across[:, None] & (probabilities > 0.5)
