"""Takes the mean of the two tents in place of their product."""

import numpy as np

CELL = "q4-bilinear"
LOSES = {"q4-bilinear-test-kernel": 1}


def bilinear_kernel(strides):
    size = 2 * strides - strides % 2
    weights = np.maximum(1 - np.abs(np.arange(size) - (size - 1) / 2) / strides, 0)
    return (weights[:, None] + weights) / 2


def channel_weights(kernel, channels):
    return kernel[:, :, None, None] * np.eye(channels)
