"""Takes the strip along the outside of the mask."""

import numpy as np
from scipy import ndimage

CELL = "q6-boundary"
LOSES = {"q6-boundary-test-strip": 1, "q6-boundary-test-iou": 1}


def boundary(mask, distance):
    return ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=distance) & ~mask


def boundary_iou(y_true, y_pred, distance):
    first, second = boundary(y_true, distance), boundary(y_pred, distance)
    union = np.sum(first | second)
    return float(np.sum(first & second) / union) if union else float("nan")
