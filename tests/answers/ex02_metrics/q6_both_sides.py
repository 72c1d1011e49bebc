"""Takes the strip on both sides of the contour."""

import numpy as np
from scipy import ndimage

CELL = "q6-boundary"
LOSES = {"q6-boundary-test-strip": 1, "q6-boundary-test-iou": 1}


def boundary(mask, distance):
    grown = ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=distance)
    return grown & ~ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=distance)


def boundary_iou(y_true, y_pred, distance):
    first, second = boundary(y_true, distance), boundary(y_pred, distance)
    union = np.sum(first | second)
    return float(np.sum(first & second) / union) if union else float("nan")
