"""Predicts nothing at all: both formulas say 0."""

import numpy as np

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    return np.full_like(y_true, 255000)
