"""Forgets the ignored pixels."""

import numpy as np

CELL = "q4-constant"
LOSES = {"q4-constant-test-accuracy": 1, "q4-constant-test-mean-iou": 1}


def best_constant(labels, num_classes, ignore_class=255):
    counts = np.bincount(labels.ravel())
    klass = int(counts.argmax())
    accuracy = float(counts[klass] / counts.sum())
    return klass, accuracy, accuracy / int((counts > 0).sum())
