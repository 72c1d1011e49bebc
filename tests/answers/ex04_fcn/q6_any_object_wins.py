"""Lets any object win against the background."""

import numpy as np

CELL = "q6-grid"
LOSES = {"q6-grid-test-votes": 1, "q6-grid-test-ignored": 1}


def through_grid(labels, num_classes, stride):
    height, width = labels.shape
    answer = np.zeros_like(labels)
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            cell = labels[top : top + stride, left : left + stride]
            votes = [(cell == klass).sum() for klass in range(num_classes)]
            answer[top : top + stride, left : left + stride] = np.argmax(votes[1:]) + 1 if sum(votes[1:]) else 0
    return answer
