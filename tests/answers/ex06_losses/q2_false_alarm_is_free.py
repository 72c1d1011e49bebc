"""Leaves out every image without truth, false alarms too."""

import numpy as np

CELL = "q2-dice"
LOSES = {"q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    overlap = (probs * y_true).sum(axis=(1, 2))
    total = (probs + y_true).sum(axis=(1, 2))
    counts = y_true.any(axis=(1, 2))
    if not counts.any():
        return 0.0
    return float(np.mean(1 - 2 * overlap[counts] / total[counts]))
