"""Returns the two numbers in the wrong order."""

import numpy as np

CELL = "q4-two-means"
LOSES = {"q4-two-means-test-absent": 1}


def image_and_dataset_mean(intersections, unions):
    per_image = [np.mean(i[u > 0] / u[u > 0]) for i, u in zip(intersections, unions, strict=True) if u.any()]
    intersection, union = intersections.sum(axis=0), unions.sum(axis=0)
    return float(np.mean(intersection[union > 0] / union[union > 0])), float(np.mean(per_image))
