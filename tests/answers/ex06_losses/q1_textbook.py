"""The formula as it stands in books: overflows, and takes the logarithm of 0."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-stable": 1}


def bce_with_logits(y_true, logits):
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-logits))
        return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
