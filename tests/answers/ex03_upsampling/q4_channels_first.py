"""Puts the channels in front, as PyTorch stores them."""

import numpy as np

CELL = "q4-bilinear"
LOSES = {"q4-bilinear-test-channels": 1}


def bilinear_kernel(strides):
    size = 2 * strides - strides % 2
    weights = np.maximum(1 - np.abs(np.arange(size) - (size - 1) / 2) / strides, 0)
    return np.outer(weights, weights)


def channel_weights(kernel, channels):
    return np.eye(channels)[:, :, None, None] * kernel
