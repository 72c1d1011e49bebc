"""Lets ignored pixels vote: the commonest label may be 255."""

import numpy as np

CELL = "q6-grid"
LOSES = {"q6-grid-test-ignored": 1}


def through_grid(labels, num_classes, stride):
    height, width = labels.shape
    answer = np.zeros_like(labels)
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            cell = labels[top : top + stride, left : left + stride]
            votes = np.bincount(cell.ravel(), minlength=num_classes)
            answer[top : top + stride, left : left + stride] = np.argmax(votes)
    return answer
