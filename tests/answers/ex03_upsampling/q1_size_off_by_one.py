"""Takes n * strides rows for the steps in place of (n - 1) * strides: too large except for stride 1."""

import numpy as np

CELL = "q1-transposed"
LOSES = {"q1-transposed-test-strides": 1, "q1-transposed-test-padding": 1}


def transposed_conv(x, kernel, strides=1, padding=0):
    rows, cols = (n * strides + k - 1 for n, k in zip(x.shape, kernel.shape, strict=True))
    full = np.zeros((rows, cols))
    kernel_height, kernel_width = kernel.shape
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            top, left = i * strides, j * strides
            full[top : top + kernel_height, left : left + kernel_width] += x[i, j] * kernel
    return full[padding : rows - padding, padding : cols - padding]
