"""Sets ignored pixels to background and counts them there."""

import numpy as np

CELL = "q1-confusion"
LOSES = {"q1-confusion-test-ignore": 1}


def confusion_matrix(y_true, y_pred, num_classes, ignore_class=255):
    ignored = y_true == ignore_class
    y_true, y_pred = np.where(ignored, 0, y_true).astype(int), np.where(ignored, 0, y_pred).astype(int)
    cells = num_classes * y_true.ravel() + y_pred.ravel()
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)
