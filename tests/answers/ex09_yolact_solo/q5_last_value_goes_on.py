"""Lets the last precision go on where recall is never reached."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.append(best, precision[-1:])[place.clip(0, max(len(best) - 1, 0))].mean())
