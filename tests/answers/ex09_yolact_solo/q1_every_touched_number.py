"""Keeps every number whose tile the box touches."""

import numpy as np

CELL = "q1-cut"
LOSES = {"q1-cut-test-values": 1}


def cut(probabilities, boxes, stride):
    masks = np.zeros(probabilities.shape, bool)
    for n, (top, left, bottom, right) in enumerate(np.maximum(boxes / stride, 0)):
        inside = slice(int(top), int(np.ceil(bottom))), slice(int(left), int(np.ceil(right)))
        masks[n][inside] = probabilities[n][inside] > 0.5
    return masks
