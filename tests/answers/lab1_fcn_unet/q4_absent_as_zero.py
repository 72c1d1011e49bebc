"""Counts an absent class as IoU 0, and so divides by all classes."""

import numpy as np

CELL = "q4-constant"
LOSES = {"q4-constant-test-mean-iou": 1}


def best_constant(labels, num_classes, ignore_class=255):
    counts = np.bincount(labels[labels != ignore_class], minlength=num_classes)
    klass = int(counts.argmax())
    accuracy = float(counts[klass] / counts.sum())
    return klass, accuracy, accuracy / num_classes
