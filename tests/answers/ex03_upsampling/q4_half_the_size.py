"""Divides by half the kernel, which is not the stride for odd sizes."""

import numpy as np

CELL = "q4-bilinear"
LOSES = {"q4-bilinear-test-kernel": 1}


def bilinear_kernel(strides):
    size = 2 * strides - strides % 2
    weights = np.maximum(1 - np.abs(np.arange(size) - (size - 1) / 2) / (size / 2), 0)
    return np.outer(weights, weights)


def channel_weights(kernel, channels):
    return kernel[:, :, None, None] * np.eye(channels)
