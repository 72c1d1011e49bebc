"""Reads the nearest number."""

import numpy as np
from scipy import ndimage

CELL = "q6-paste"
LOSES = {"q6-paste-test-values": 1}


def paste(mask, box, size):
    top, left, bottom, right = box
    row, col = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    y = (row - top) / (bottom - top) * mask.shape[0] - 0.5
    x = (col - left) / (right - left) * mask.shape[1] - 0.5
    pasted = ndimage.map_coordinates(mask, np.meshgrid(y, x, indexing="ij"), order=0, mode="nearest")
    inside = ((row >= top) & (row < bottom))[:, None] & ((col >= left) & (col < right))
    return np.where(inside, pasted, 0.0)
