"""Counts the background as a region."""

import numpy as np
import scipy.ndimage

CELL = "q3-count"
LOSES = {"q3-count-test-both": 1}


def count_regions_and_objects(panoptic, category):
    mask = panoptic // 1000 == category
    regions, _ = scipy.ndimage.label(mask)
    return len(np.unique(regions)), len(np.unique(panoptic[mask]))
