"""Counts only the objects that are found at the threshold."""

import numpy as np

CELL = "q5-ap"
LOSES = {"q5-ap-test-thresholds": 1}


def coco_ap(overlaps, num_truth):
    total = 0.0
    for threshold in np.linspace(0.5, 0.95, 10):
        found = np.cumsum(overlaps >= threshold)
        precision = found / np.arange(1, len(found) + 1)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        total += best[np.searchsorted(found / max(found[-1:].sum(), 1), np.linspace(0, 1, 101))].mean()
    return float(total / 10)
