"""Guesses the nearest class where a color is not in the table."""

import numpy as np

CELL = "q1-colors"
LOSES = {"q1-colors-test-read": 1}


def paint(labels, colors):
    table = np.full((256, 3), 255, np.uint8)
    table[: len(colors)] = colors
    return table[labels]


def read_colors(rgb, colors):
    distance = np.abs(rgb[..., None, :].astype(int) - colors.astype(int)).sum(axis=-1)
    return distance.argmin(axis=-1).astype(np.uint8)
