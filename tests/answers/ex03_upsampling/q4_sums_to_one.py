"""Divides by the sum of the weights, as a blur does: the map becomes darker."""

import numpy as np

CELL = "q4-bilinear"
LOSES = {"q4-bilinear-test-kernel": 1}


def bilinear_kernel(strides):
    size = 2 * strides - strides % 2
    weights = np.maximum(1 - np.abs(np.arange(size) - (size - 1) / 2) / strides, 0)
    return np.outer(weights, weights) / weights.sum() ** 2


def channel_weights(kernel, channels):
    return kernel[:, :, None, None] * np.eye(channels)
