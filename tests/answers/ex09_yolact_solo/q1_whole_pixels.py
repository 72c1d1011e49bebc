"""Rounds the box to whole numbers of the map."""

import numpy as np

CELL = "q1-cut"
LOSES = {"q1-cut-test-values": 1}


def cut(probabilities, boxes, stride):
    masks = np.zeros(probabilities.shape, bool)
    for n, box in enumerate(np.maximum(boxes / stride, 0).astype(int)):
        inside = slice(box[0], box[2]), slice(box[1], box[3])
        masks[n][inside] = probabilities[n][inside] > 0.5
    return masks
