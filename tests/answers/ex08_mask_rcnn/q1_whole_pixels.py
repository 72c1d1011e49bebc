"""Rounds the decoded shift to whole pixels."""

import numpy as np

CELL = "q1-coding"
LOSES = {"q1-coding-test-values": 1}


def encode(anchors, boxes):
    anchor_size, size = anchors[:, 2:] - anchors[:, :2], boxes[:, 2:] - boxes[:, :2]
    shift = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2
    return np.concatenate([shift / anchor_size, np.log(size / anchor_size)], axis=1)


def decode(anchors, offsets):
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    half = anchor_size * np.exp(offsets[:, 2:]) / 2
    middle = np.round((anchors[:, :2] + anchors[:, 2:]) / 2 + offsets[:, :2] * anchor_size)
    return np.concatenate([middle - half, middle + half], axis=1)
