"""Takes the nearest pixel for the image, too."""

import numpy as np

CELL = "q5-resize"
LOSES = {"q5-resize-test-image": 1}


def nearest(labels, size):
    rows, cols = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, labels.shape[:2], strict=True)
    )
    return labels[rows][:, cols]


def resize_pair(image, labels, size):
    return nearest(image, size), nearest(labels, size)
