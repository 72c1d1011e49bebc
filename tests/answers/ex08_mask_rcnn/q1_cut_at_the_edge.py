"""Cuts anchors off at the top and left edge of the image."""

import numpy as np

CELL = "q1-anchors"
LOSES = {"q1-anchors-test-values": 1}


def make_anchors(map_size, stride, sizes, ratios):
    half = np.array([(size * ratio**0.5, size / ratio**0.5) for size in sizes for ratio in ratios]) / 2
    middles = (np.stack(np.indices(map_size), axis=-1).reshape(-1, 1, 2) + 0.5) * stride
    return np.concatenate([middles - half, middles + half], axis=-1).reshape(-1, 4).clip(0)
