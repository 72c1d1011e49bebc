"""Divides the colors by 255, as for a photograph."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-paint": 1}


def paint(labels, colors):
    table = np.ones((256, 3))
    table[: len(colors)] = colors / 255
    return table[labels]


def read_colors(rgb, colors):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    for index, color in enumerate(colors):
        labels[(rgb == color).all(axis=-1)] = index
    return labels
