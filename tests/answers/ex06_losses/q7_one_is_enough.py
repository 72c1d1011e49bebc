"""Adds weight around a single object, too."""

import numpy as np
from scipy import ndimage

CELL = "q7-border"
LOSES = {"q7-border-test-weights": 1}


def border_weights(instances, w0=10.0, sigma=5.0):
    numbers = np.setdiff1d(instances, 0)
    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])
    first, second = np.sort(distances, axis=0)[[0, min(1, len(numbers) - 1)]]
    return np.where(instances == 0, w0 * np.exp(-((first + second) ** 2) / (2 * sigma**2)), 0.0)
