"""Averages what neighboring tiles say, border and all: tiles answer from their edge on."""

import numpy as np

CELL = "q5-tiles"
LOSES = {"q5-tiles-test-seams": 1}


def tile_starts(length, tile_size, margin, stride):
    step = (tile_size - 2 * margin) // stride * stride
    return list(range(-margin, length - margin, step))


def predict_by_tiles(predict, image, tile_size, margin, stride):
    step = (tile_size - 2 * margin) // stride * stride
    plane = np.pad(image, ((0, tile_size), (0, tile_size)), mode="symmetric")
    total, count = np.zeros(plane.shape), np.zeros(plane.shape)
    for row in range(0, image.shape[0], step):
        for col in range(0, image.shape[1], step):
            answer = np.asarray(predict(plane[row : row + tile_size, col : col + tile_size]))
            height, width = answer.shape
            total[row : row + height, col : col + width] += answer
            count[row : row + height, col : col + width] += 1
    return (total / np.maximum(count, 1))[: image.shape[0], : image.shape[1]]
