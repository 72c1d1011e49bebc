"""Packs the three channels into one number that a uint8 cannot hold."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-read": 1}


def paint(labels, colors):
    table = np.full((256, 3), 255, np.uint8)
    table[: len(colors)] = colors
    return table[labels]


def read_colors(rgb, colors):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    weights = np.array([1, 16, 64], np.uint8)
    for index, color in enumerate(colors):
        labels[(rgb * weights).sum(axis=-1, dtype=np.uint8) == (color * weights).sum(dtype=np.uint8)] = index
    return labels
