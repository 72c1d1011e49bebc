"""Spreads one point per bin from edge to edge of the box, as crop_and_resize does."""

import numpy as np
from scipy import ndimage

CELL = "q4-roi"
LOSES = {"q4-roi-test-aligned": 1, "q4-roi-test-unaligned": 1, "q4-roi-test-borders": 1}


def roi_align(features, box, size, stride=1, sampling=2, aligned=True):
    top, left, bottom, right = np.asarray(box) / stride
    points = np.meshgrid(np.linspace(top, bottom, size[0]), np.linspace(left, right, size[1]), indexing="ij")
    values = ndimage.map_coordinates(features, points, order=1, mode="nearest")
    for index, cells in zip(points, features.shape, strict=True):
        values[(index < 0) | (index > cells - 1)] = 0
    return values
