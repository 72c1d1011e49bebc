"""Takes the largest class for the label that is not counted."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-paint": 1}


def paint(labels, colors):
    return colors[np.minimum(labels, len(colors) - 1)]


def read_colors(rgb, colors):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    for index, color in enumerate(colors):
        labels[(rgb == color).all(axis=-1)] = index
    return labels
