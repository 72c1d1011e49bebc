"""Numbers the objects from 0, which means no object."""

import numpy as np

CELL = "q2-split"
LOSES = {"q2-split-test-instances": 1}


def split_panoptic(panoptic, things):
    instances = np.zeros(panoptic.shape, int)
    ids = [one for one in np.unique(panoptic) if one // 1000 in things and one % 1000]
    for number, one in enumerate(ids):
        instances[panoptic == one] = number
    return (panoptic // 1000).astype(np.uint8), instances
