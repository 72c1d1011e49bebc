"""Counts the places column by column."""

import numpy as np

CELL = "q5-unpool"
LOSES = {"q5-unpool-test-places": 1}


def max_unpool(pooled, indices, shape):
    result = np.zeros(int(np.prod(shape)), pooled.dtype)
    result[indices.ravel()] = pooled.ravel()
    return result.reshape(shape, order="F")
