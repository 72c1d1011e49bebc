"""Puts each maximum into the upper left corner of its block."""

import numpy as np

CELL = "q5-unpool"
LOSES = {"q5-unpool-test-places": 1}


def max_unpool(pooled, indices, shape):
    result = np.zeros(shape, pooled.dtype)
    rows, cols = shape[0] // pooled.shape[0], shape[1] // pooled.shape[1]
    result[: pooled.shape[0] * rows : rows, : pooled.shape[1] * cols : cols] = pooled
    return result
