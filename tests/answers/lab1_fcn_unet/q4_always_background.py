"""Takes for granted that class 0 is the commonest."""

import numpy as np

CELL = "q4-constant"
LOSES = {"q4-constant-test-accuracy": 1, "q4-constant-test-mean-iou": 1}


def best_constant(labels, num_classes, ignore_class=255):
    counts = np.bincount(labels[labels != ignore_class], minlength=num_classes)
    accuracy = float(counts[0] / counts.sum())
    return 0, accuracy, accuracy / int((counts > 0).sum())
