"""Averages the PQ of images."""

import numpy as np

CELL = "q2-pq"
LOSES = {"q2-pq-test-mean": 1}


def panoptic_quality(tables):
    values = []
    for tp, fp, fn, iou_sum in (table.T for table in tables):
        present = tp + fp + fn > 0
        if present.any():
            values.append(np.mean(iou_sum[present] / (tp + fp / 2 + fn / 2)[present]))
    return float(np.mean(values)) if values else float("nan")
