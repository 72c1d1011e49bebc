"""Misses a segment: a miss costs more in the formula, not less."""

import numpy as np

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    return np.where(y_true == y_true[0, 0], 255000, y_true)
