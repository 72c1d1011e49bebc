"""Starts to count anew in each category."""

import numpy as np

CELL = "q2-split"
LOSES = {"q2-split-test-instances": 1}


def split_panoptic(panoptic, things):
    instances = np.zeros(panoptic.shape, int)
    for thing in things:
        ids = np.unique(panoptic[(panoptic // 1000 == thing) & (panoptic % 1000 > 0)])
        for number, one in enumerate(ids, start=1):
            instances[panoptic == one] = number
    return (panoptic // 1000).astype(np.uint8), instances
