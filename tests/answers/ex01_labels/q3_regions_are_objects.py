"""Takes every region for an object."""

import scipy.ndimage

CELL = "q3-count"
LOSES = {"q3-count-test-both": 1}


def count_regions_and_objects(panoptic, category):
    _, regions = scipy.ndimage.label(panoptic // 1000 == category)
    return regions, regions
