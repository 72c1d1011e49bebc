"""Scores each map alone and averages the scores."""

import numpy as np

CELL = "q4-constant"
LOSES = {"q4-constant-test-accuracy": 1, "q4-constant-test-mean-iou": 1}


def best_constant(labels, num_classes, ignore_class=255):
    counts = np.stack([np.bincount(one[one != ignore_class], minlength=num_classes) for one in labels])
    klass = int(counts.sum(axis=0).argmax())
    accuracy = counts[:, klass] / np.maximum(counts.sum(axis=1), 1)
    present = (counts > 0).sum(axis=1)
    return klass, float(accuracy.mean()), float((accuracy / np.maximum(present, 1)).mean())
