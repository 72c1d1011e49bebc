"""Mirrors all pairs."""

import numpy as np
from scipy import ndimage

CELL = "q6-pairs"
LOSES = {"q6-pairs-test-flip": 1}


def flip_pairs(images, label_maps, seed):
    return images[:, :, ::-1].copy(), label_maps[:, :, ::-1].copy()


def warp_pair(image, labels, scale=1.0, vectors=None):
    (height, width), bend = labels.shape, np.zeros((2, *labels.shape))
    if vectors is not None:
        grid = np.meshgrid(np.linspace(0, 2, height), np.linspace(0, 2, width), indexing="ij")
        bend = [ndimage.map_coordinates(vectors[..., axis], grid, order=1) for axis in (0, 1)]
    middle = (height - 1) / 2, (width - 1) / 2
    at = [(i + b - a) / scale + a for i, b, a in zip(np.indices(labels.shape), bend, middle, strict=True)]
    channels = np.moveaxis(image, -1, 0)
    image = [ndimage.map_coordinates(c, at, order=1, mode="nearest") for c in channels]
    warped = ndimage.map_coordinates(labels, at, order=0, mode="nearest")
    half = [(n - 1) / 2 for n in labels.shape]
    outside = [np.abs(x - a) > a + 0.5 for x, a in zip(at, half, strict=True)]
    return np.stack(image, axis=-1), np.where(outside[0] | outside[1], 255, warped)
