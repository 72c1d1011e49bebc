"""Takes the last of several classes with the same count."""

import numpy as np

CELL = "q4-constant"
LOSES = {"q4-constant-test-accuracy": 1}


def best_constant(labels, num_classes, ignore_class=255):
    counts = np.bincount(labels[labels != ignore_class], minlength=num_classes)
    klass = int(np.argsort(counts, kind="stable")[-1])
    accuracy = float(counts[klass] / counts.sum())
    return klass, accuracy, accuracy / int((counts > 0).sum())
