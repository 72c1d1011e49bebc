"""Matches only segments of the same number."""

import numpy as np

CELL = "q2-counts"
LOSES = {"q2-counts-test-plain": 1}


def panoptic_counts(y_true, y_pred, num_classes):
    table, void = np.zeros((num_classes, 4)), y_true == 255000
    for number in np.setdiff1d(y_true, 255000):
        table[number // 1000, 2] += 1  # a miss, until it is matched
    for number in np.setdiff1d(y_pred, 255000):
        pred, category, matched = y_pred == number, number // 1000, False
        for other in np.unique(y_true[pred & (y_true == number)]):
            true = y_true == other
            iou = (pred & true).sum() / ((pred & ~void) | true).sum()
            if iou > 0.5:
                table[category] += [1, 0, -1, iou]
                matched = True
        table[category, 1] += not matched and 2 * (pred & void).sum() <= pred.sum()
    return table
