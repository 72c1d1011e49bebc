"""Takes the mean of what is reached."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(best[place[place < len(best)]].mean() if len(best) else 0.0)
