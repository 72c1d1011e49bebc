"""Ignores nothing: the border is background."""

import numpy as np

CELL = "q4-border"
LOSES = {"q4-border-test-both": 1}


def read_trimap(trimap):
    return trimap == 1, np.zeros(trimap.shape, bool)
