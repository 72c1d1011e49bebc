"""Labels each object by itself, so that touching objects never merge."""

import numpy as np
import scipy.ndimage

CELL = "q3-count"
LOSES = {"q3-count-test-both": 1}


def count_regions_and_objects(panoptic, category):
    ids = np.unique(panoptic[panoptic // 1000 == category])
    return sum(scipy.ndimage.label(panoptic == one)[1] for one in ids), len(ids)
