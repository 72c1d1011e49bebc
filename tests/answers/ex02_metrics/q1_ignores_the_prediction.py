"""Leaves out pixels that are predicted as the ignored label, not those that are truly so."""

import numpy as np

CELL = "q1-confusion"
LOSES = {"q1-confusion-test-ignore": 1}


def confusion_matrix(y_true, y_pred, num_classes, ignore_class=255):
    counted = y_pred != ignore_class
    cells = num_classes * y_true[counted].astype(int) + y_pred[counted].astype(int)
    return np.bincount(cells, minlength=num_classes**2)[: num_classes**2].reshape(num_classes, num_classes)
