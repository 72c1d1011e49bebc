"""Reads at 11 recalls, as PASCAL VOC did."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, np.linspace(0, 1, 11))
    return float(np.append(best, 0.0)[place].mean())
