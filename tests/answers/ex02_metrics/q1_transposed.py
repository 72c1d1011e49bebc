"""Counts the predicted class in the rows."""

import numpy as np

CELL = "q1-confusion"
LOSES = {"q1-confusion-test-counts": 1, "q1-confusion-test-ignore": 1}


def confusion_matrix(y_true, y_pred, num_classes, ignore_class=255):
    counted = y_true != ignore_class
    cells = y_true[counted].astype(int) + num_classes * y_pred[counted].astype(int)
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)
