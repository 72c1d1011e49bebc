"""Tiles stand as far apart as what they answer for, whatever the stride."""

import numpy as np

CELL = "q5-tiles"
LOSES = {"q5-tiles-test-starts": 1, "q5-tiles-test-seams": 1}


def tile_starts(length, tile_size, margin, stride):
    step = tile_size - 2 * margin
    return list(range(-margin, length - margin, step))


def predict_by_tiles(predict, image, tile_size, margin, stride):
    step = tile_size - 2 * margin
    plane = np.pad(image, (margin, tile_size), mode="symmetric")
    result = np.zeros(image.shape)
    for row in range(0, image.shape[0], step):
        for col in range(0, image.shape[1], step):
            answer = predict(plane[row : row + tile_size, col : col + tile_size])
            kept = result[row : row + step, col : col + step]
            kept[:] = answer[: kept.shape[0], : kept.shape[1]]
    return result
