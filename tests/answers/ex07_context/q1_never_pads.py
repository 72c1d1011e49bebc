"""Forgets the padding."""

import numpy as np

CELL = "q1-atrous"
LOSES = {"q1-atrous-test-same": 1}


def atrous_conv(x, kernel, rate=1, padding="valid"):
    gaps_down, gaps_right = ((taps - 1) * rate for taps in kernel.shape)
    rows, cols = x.shape[0] - gaps_down, x.shape[1] - gaps_right
    y = np.zeros((rows, cols))
    for a, b in np.ndindex(kernel.shape):
        y += kernel[a, b] * x[a * rate : a * rate + rows, b * rate : b * rate + cols]
    return y
