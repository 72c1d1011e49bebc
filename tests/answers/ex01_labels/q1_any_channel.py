"""Asks that one channel fits, not all three."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-read": 1}


def paint(labels, colors):
    table = np.full((256, 3), 255, np.uint8)
    table[: len(colors)] = colors
    return table[labels]


def read_colors(rgb, colors):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    for index, color in enumerate(colors):
        labels[(rgb == color).any(axis=-1)] = index
    return labels
