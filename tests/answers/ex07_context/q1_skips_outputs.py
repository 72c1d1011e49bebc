"""Takes the rate for a stride: convolves densely and keeps every rate-th output."""

import numpy as np

CELL = "q1-atrous"
LOSES = {"q1-atrous-test-valid": 1, "q1-atrous-test-same": 1}


def atrous_conv(x, kernel, rate=1, padding="valid"):
    down, right = (taps - 1 for taps in kernel.shape)
    if padding == "same":
        x = np.pad(x, ((down // 2,) * 2, (right // 2,) * 2))
    rows, cols = x.shape[0] - down, x.shape[1] - right
    y = sum(kernel[a, b] * x[a : a + rows, b : b + cols] for a, b in np.ndindex(kernel.shape))
    return y[::rate, ::rate]
