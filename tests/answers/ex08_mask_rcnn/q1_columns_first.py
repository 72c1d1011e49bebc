"""Goes through the cells column by column."""

import numpy as np

CELL = "q1-anchors"
LOSES = {"q1-anchors-test-values": 1}


def make_anchors(map_size, stride, sizes, ratios):
    half = np.array([(size * ratio**0.5, size / ratio**0.5) for size in sizes for ratio in ratios]) / 2
    cells = np.stack(np.indices(map_size).transpose(0, 2, 1), axis=-1).reshape(-1, 1, 2)
    middles = (cells + 0.5) * stride
    return np.concatenate([middles - half, middles + half], axis=-1).reshape(-1, 4)
