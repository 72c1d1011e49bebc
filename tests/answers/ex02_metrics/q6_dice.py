"""Divides by the sum of the two boundaries: Dice in place of IoU."""

import numpy as np
from scipy import ndimage

CELL = "q6-boundary"
LOSES = {"q6-boundary-test-iou": 1}


def boundary(mask, distance):
    return mask & ~ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=distance)


def boundary_iou(y_true, y_pred, distance):
    first, second = boundary(y_true, distance), boundary(y_pred, distance)
    total = first.sum() + second.sum()
    return float(2 * np.sum(first & second) / total) if total else float("nan")
