"""Adds a small number above and below: an image that is nearly empty costs 1."""

import numpy as np

CELL = "q2-dice"
LOSES = {"q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    overlap, total = (probs * y_true).sum(axis=(1, 2)), (probs + y_true).sum(axis=(1, 2))
    return float(np.mean(1 - (2 * overlap + 1e-6) / (total + 1e-6)))
