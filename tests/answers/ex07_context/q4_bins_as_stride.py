"""Takes the number of regions for their size."""

import numpy as np

CELL = "q4-pool"
LOSES = {"q4-pool-test-means": 1}


def adaptive_pool(x, bins):
    channels = x.shape[2]
    means = np.zeros((bins, bins, channels))
    for i, j in np.ndindex(bins, bins):
        rows, cols = slice(i * bins, (i + 1) * bins), slice(j * bins, (j + 1) * bins)
        means[i, j] = x[rows, cols].mean(axis=(0, 1))
    return means


def pyramid(x, grids):
    height, width, _ = x.shape
    levels = [x]
    for grid in grids:
        rows, cols = (np.arange(n) * len(grid) // n for n in (height, width))
        levels.append(grid[rows[:, None], cols])
    return np.concatenate(levels, axis=-1)
