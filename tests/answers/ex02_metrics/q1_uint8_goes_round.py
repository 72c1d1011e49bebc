"""Numbers the cells in the type of the labels: with uint8 and 21 classes, cell 440 is cell 184."""

import numpy as np

CELL = "q1-confusion"
LOSES = {"q1-confusion-test-counts": 1}


def confusion_matrix(y_true, y_pred, num_classes, ignore_class=255):
    counted = y_true != ignore_class
    cells = num_classes * y_true[counted] + y_pred[counted]
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)
