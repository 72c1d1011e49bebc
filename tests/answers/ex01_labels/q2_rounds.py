"""Rounds the category: the later objects of a class move to the next one."""

import numpy as np

CELL = "q2-split"
LOSES = {"q2-split-test-labels": 1}


def split_panoptic(panoptic, things):
    objects = np.isin(panoptic // 1000, things) & (panoptic % 1000 > 0)
    instances = np.zeros(panoptic.shape, int)
    instances[objects] = np.unique(panoptic[objects], return_inverse=True)[1] + 1
    return np.rint(panoptic / 1000).astype(np.uint8), instances
