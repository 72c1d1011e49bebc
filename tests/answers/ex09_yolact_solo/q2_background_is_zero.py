"""Fills cells without an object with 0."""

import numpy as np

CELL = "q2-owners"
LOSES = {"q2-owners-test-region": 1}


def owners(masks, grid, sigma=0.2):
    owner = np.zeros((grid, grid), int)
    for n in np.argsort(-masks.sum(axis=(1, 2))):
        region = []
        for places, side in zip(np.nonzero(masks[n]), masks.shape[1:], strict=True):
            middle, reach = places.mean() + 0.5, sigma * (np.ptp(places) + 1) / 2
            first, own, last = np.floor(np.array([middle - reach, middle, middle + reach]) / side * grid).astype(int)
            region.append(slice(max(first, own - 1, 0), min(last, own + 1) + 1))
        owner[tuple(region)] = n
    return owner
