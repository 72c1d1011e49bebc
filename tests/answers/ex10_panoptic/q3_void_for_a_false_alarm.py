"""Leaves one pixel of each segment void: badly drawn, and no false alarm."""

import numpy as np

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    y_pred = y_true.copy()
    for number in np.unique(y_true):
        row, col = np.argwhere(y_true == number)[0]
        y_pred[row, col] = 255000
    return y_pred
