"""Spreads the pixels of the map by zeros, as a transposed convolution does, and not the taps."""

import numpy as np

CELL = "q1-atrous"
LOSES = {"q1-atrous-test-valid": 1, "q1-atrous-test-same": 1}


def atrous_conv(x, kernel, rate=1, padding="valid"):
    spread = np.zeros(((x.shape[0] - 1) * rate + 1, (x.shape[1] - 1) * rate + 1))
    spread[::rate, ::rate] = x
    x, rate = spread, 1
    gaps_down, gaps_right = ((taps - 1) * rate for taps in kernel.shape)
    if padding == "same":
        x = np.pad(x, ((gaps_down // 2,) * 2, (gaps_right // 2,) * 2))
    rows, cols = x.shape[0] - gaps_down, x.shape[1] - gaps_right
    y = np.zeros((rows, cols))
    for a, b in np.ndindex(kernel.shape):
        y += kernel[a, b] * x[a * rate : a * rate + rows, b * rate : b * rate + cols]
    return y
