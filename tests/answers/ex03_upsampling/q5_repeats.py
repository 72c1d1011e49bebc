"""Repeats each maximum over its block."""

import numpy as np

CELL = "q5-unpool"
LOSES = {"q5-unpool-test-places": 1}


def max_unpool(pooled, indices, shape):
    result = np.zeros(shape, pooled.dtype)
    rows, cols = shape[0] // pooled.shape[0], shape[1] // pooled.shape[1]
    large = pooled.repeat(rows, axis=0).repeat(cols, axis=1)
    result[: large.shape[0], : large.shape[1]] = large
    return result
