"""Takes the largest label that occurs for the last class: an absent class loses its row."""

import numpy as np

CELL = "q1-confusion"
LOSES = {"q1-confusion-test-counts": 1}


def confusion_matrix(y_true, y_pred, num_classes, ignore_class=255):
    counted = y_true != ignore_class
    size = int(max(y_true[counted].max(), y_pred[counted].max())) + 1
    cells = size * y_true[counted].astype(int) + y_pred[counted].astype(int)
    return np.bincount(cells, minlength=size**2).reshape(size, size)
