"""Writes columns before rows, as most papers do, in both directions."""

import numpy as np

CELL = "q1-coding"
LOSES = {"q1-coding-test-values": 1}


def encode(anchors, boxes):
    anchor_size, size = anchors[:, 2:] - anchors[:, :2], boxes[:, 2:] - boxes[:, :2]
    shift = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2
    return np.concatenate([(shift / anchor_size)[:, ::-1], np.log(size / anchor_size)[:, ::-1]], axis=1)


def decode(anchors, offsets):
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    offsets = offsets[:, [1, 0, 3, 2]]
    half = anchor_size * np.exp(offsets[:, 2:]) / 2
    middle = (anchors[:, :2] + anchors[:, 2:]) / 2 + offsets[:, :2] * anchor_size
    return np.concatenate([middle - half, middle + half], axis=1)
