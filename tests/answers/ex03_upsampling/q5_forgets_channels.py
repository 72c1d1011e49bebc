"""Counts rows and columns only: right for one channel."""

import numpy as np

CELL = "q5-unpool"
LOSES = {"q5-unpool-test-places": 1}


def max_unpool(pooled, indices, shape):
    result = np.zeros(shape, pooled.dtype)
    rows, cols = np.divmod(indices, shape[1])
    if len(shape) == 2:
        result[rows, cols] = pooled
    else:
        result[rows % shape[0], cols, np.arange(shape[2])] = pooled
    return result
