"""Asks at threshold .50 only."""

import numpy as np

CELL = "q5-ap"
LOSES = {"q5-ap-test-thresholds": 1}


def coco_ap(overlaps, num_truth):
    total = 0.0
    for threshold in [0.5]:
        found = np.cumsum(overlaps >= threshold)
        precision = found / np.arange(1, len(found) + 1)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        total += best[np.searchsorted(found / num_truth, np.linspace(0, 1, 101))].mean()
    return float(total)
