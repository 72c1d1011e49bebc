"""Takes the running maximum from left to right."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision)
    place = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.append(best, 0.0)[place].mean())
