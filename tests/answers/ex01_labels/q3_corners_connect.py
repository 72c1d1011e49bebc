"""Connects pixels that meet at a corner."""

import numpy as np
import scipy.ndimage

CELL = "q3-count"
LOSES = {"q3-count-test-both": 1}


def count_regions_and_objects(panoptic, category):
    mask = panoptic // 1000 == category
    _, regions = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
    return regions, len(np.unique(panoptic[mask]))
