"""Takes the area under the curve without teeth, exactly."""

import numpy as np

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best))
