"""Hands back 0, 1 and 255 in place of masks."""

import numpy as np

CELL = "q4-border"
LOSES = {"q4-border-test-both": 1}


def read_trimap(trimap):
    return (trimap == 1).astype(np.uint8), np.where(trimap == 3, 255, 0)
