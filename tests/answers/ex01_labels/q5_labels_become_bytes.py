"""Hands back panoptic ids as bytes."""

import numpy as np

CELL = "q5-resize"
LOSES = {"q5-resize-test-labels": 1}


def bilinear(image, size, corners=False):
    for axis, new in enumerate(size):
        old = image.shape[axis]
        place = np.linspace(0, old - 1, new) if corners else (np.arange(new) + 0.5) * old / new - 0.5
        place = np.clip(place, 0, old - 1)
        before = place.astype(int)
        after = np.minimum(before + 1, old - 1)
        weight = (place - before).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        image = np.take(image, before, axis=axis) * (1 - weight) + np.take(image, after, axis=axis) * weight
    return image


def nearest(labels, size):
    rows, cols = (((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, labels.shape, strict=True))
    return labels[rows][:, cols]


def resize_pair(image, labels, size):
    return bilinear(image, size), nearest(labels, size).astype(np.uint8)
