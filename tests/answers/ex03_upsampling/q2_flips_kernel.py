"""Flips the kernel, as a convolution in mathematics does."""

import numpy as np

CELL = "q2-matrix"
LOSES = {"q2-matrix-test-rows": 1}


def conv_matrix(size, kernel, strides=1):
    height, width = size
    rows = []
    for i in range(0, height - kernel.shape[0] + 1, strides):
        for j in range(0, width - kernel.shape[1] + 1, strides):
            window = np.zeros(size)
            window[i : i + kernel.shape[0], j : j + kernel.shape[1]] = kernel[::-1, ::-1]
            rows.append(window.ravel())
    return np.array(rows)


def scatter(W, y, size):
    return (W.T @ y.ravel()).reshape(size)
