"""Calls a prediction right by its mean over the thresholds."""

import numpy as np

CELL = "q5-ap"
LOSES = {"q5-ap-test-thresholds": 1}


def coco_ap(overlaps, num_truth):
    found = np.cumsum(np.mean([overlaps >= threshold for threshold in np.linspace(0.5, 0.95, 10)], axis=0))
    precision = found / np.arange(1, len(found) + 1)
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(best[np.searchsorted(found / num_truth, np.linspace(0, 1, 101))].mean())
