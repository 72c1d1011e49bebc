"""Adds a small number above and below: two empty boundaries score 1."""

import numpy as np
from scipy import ndimage

CELL = "q6-boundary"
LOSES = {"q6-boundary-test-iou": 1}


def boundary(mask, distance):
    return mask & ~ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=distance)


def boundary_iou(y_true, y_pred, distance):
    first, second = boundary(y_true, distance), boundary(y_pred, distance)
    return float((np.sum(first & second) + 1e-9) / (np.sum(first | second) + 1e-9))
