"""Counts a class that an image does not have as IoU 0."""

import numpy as np

CELL = "q4-two-means"
LOSES = {"q4-two-means-test-absent": 1}


def image_and_dataset_mean(intersections, unions):
    per_image = (intersections / np.maximum(unions, 1)).mean(axis=1)
    dataset = intersections.sum(axis=0) / np.maximum(unions.sum(axis=0), 1)
    return float(per_image.mean()), float(dataset.mean())
