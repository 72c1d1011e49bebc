"""Takes the last three digits for the object: a car and a person share a number."""

import numpy as np

CELL = "q2-split"
LOSES = {"q2-split-test-instances": 1}


def split_panoptic(panoptic, things):
    instances = np.where(np.isin(panoptic // 1000, things), panoptic % 1000, 0)
    return (panoptic // 1000).astype(np.uint8), instances
