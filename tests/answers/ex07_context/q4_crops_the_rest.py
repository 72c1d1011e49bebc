"""Takes regions of equal size, and leaves the last rows and columns out."""

import numpy as np

CELL = "q4-pool"
LOSES = {"q4-pool-test-means": 1}


def adaptive_pool(x, bins):
    height, width, channels = x.shape
    means = np.zeros((bins, bins, channels))
    for i, j in np.ndindex(bins, bins):
        rows = slice(i * (height // bins), (i + 1) * (height // bins))
        cols = slice(j * (width // bins), (j + 1) * (width // bins))
        means[i, j] = x[rows, cols].mean(axis=(0, 1))
    return means


def pyramid(x, grids):
    height, width, _ = x.shape
    levels = [x]
    for grid in grids:
        rows, cols = (np.arange(n) * len(grid) // n for n in (height, width))
        levels.append(grid[rows[:, None], cols])
    return np.concatenate(levels, axis=-1)
