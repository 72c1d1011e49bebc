"""Gives the kernel to all pairs of channels, so that they are added up."""

import numpy as np

CELL = "q4-bilinear"
LOSES = {"q4-bilinear-test-channels": 1}


def bilinear_kernel(strides):
    size = 2 * strides - strides % 2
    weights = np.maximum(1 - np.abs(np.arange(size) - (size - 1) / 2) / strides, 0)
    return np.outer(weights, weights)


def channel_weights(kernel, channels):
    return np.repeat(np.repeat(kernel[:, :, None, None], channels, 2), channels, 3)
