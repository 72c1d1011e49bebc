"""Numbers every id of the picture, the road and the void too."""

import numpy as np

CELL = "q2-split"
LOSES = {"q2-split-test-instances": 1}


def split_panoptic(panoptic, things):
    _, place = np.unique(panoptic, return_inverse=True)
    return (panoptic // 1000).astype(np.uint8), place.reshape(panoptic.shape) + 1
