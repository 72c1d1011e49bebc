"""Moves the window by one pixel, whatever the strides."""

import numpy as np

CELL = "q2-matrix"
LOSES = {"q2-matrix-test-rows": 1}


def conv_matrix(size, kernel, strides=1):
    height, width = size
    rows = []
    for i in range(height - kernel.shape[0] + 1):
        for j in range(width - kernel.shape[1] + 1):
            window = np.zeros(size)
            window[i : i + kernel.shape[0], j : j + kernel.shape[1]] = kernel
            rows.append(window.ravel())
    return np.array(rows)


def scatter(W, y, size):
    return (W.T @ y.ravel()).reshape(size)
