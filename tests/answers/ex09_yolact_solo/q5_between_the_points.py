"""Draws straight lines between the points."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.interp(np.linspace(0, 1, 101), recall, best, right=0).mean() if len(best) else 0.0)
