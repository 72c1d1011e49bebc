"""Leaves pixels that are not counted black."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-paint": 1}


def paint(labels, colors):
    picture = np.zeros((*labels.shape, 3), np.uint8)
    for index, color in enumerate(colors):
        picture[labels == index] = color
    return picture


def read_colors(rgb, colors):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    for index, color in enumerate(colors):
        labels[(rgb == color).all(axis=-1)] = index
    return labels
