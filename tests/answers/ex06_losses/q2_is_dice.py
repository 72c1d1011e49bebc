"""Returns Dice itself: training would make it small."""

import numpy as np

CELL = "q2-dice"
LOSES = {"q2-dice-test-values": 1, "q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    overlap = (probs * y_true).sum(axis=(1, 2))
    total = (probs + y_true).sum(axis=(1, 2))
    counts = y_true.any(axis=(1, 2)) | (probs > 0.5).any(axis=(1, 2))
    if not counts.any():
        return 0.0
    return float(np.mean(2 * overlap[counts] / total[counts]))
