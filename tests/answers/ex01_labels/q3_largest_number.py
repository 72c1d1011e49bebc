"""Takes the largest number for how many there are."""

import scipy.ndimage

CELL = "q3-count"
LOSES = {"q3-count-test-both": 1}


def count_regions_and_objects(panoptic, category):
    mask = panoptic // 1000 == category
    _, regions = scipy.ndimage.label(mask)
    return regions, int((panoptic[mask] % 1000).max(initial=0))
