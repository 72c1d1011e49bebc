"""Counts an absent category as 0."""

import numpy as np

CELL = "q2-pq"
LOSES = {"q2-pq-test-mean": 1}


def panoptic_quality(tables):
    tp, fp, fn, iou_sum = np.sum(tables, axis=0).T
    if not (tp + fp + fn).any():
        return float("nan")
    return float(np.mean(iou_sum / np.maximum(tp + fp / 2 + fn / 2, 0.5)))
