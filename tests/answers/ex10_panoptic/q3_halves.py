"""Cuts every segment in halves: nothing matches any more."""

import numpy as np

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    y_pred = y_true.copy()
    for number in np.unique(y_true):
        row, col = np.argwhere(y_true == number).T
        y_pred[row[::2], col[::2]] = number + 500
    return y_pred
