"""Returns floats for integers, too."""

import numpy as np

CELL = "q5-unpool"
LOSES = {"q5-unpool-test-places": 1}


def max_unpool(pooled, indices, shape):
    result = np.zeros(int(np.prod(shape)))
    result[indices.ravel()] = pooled.ravel()
    return result.reshape(shape)
