"""Sums the cross-entropy over pixels: Dice drowns."""

import numpy as np

CELL = "q4-combined"
LOSES = {"q4-combined-test-sum": 1}


def combined_loss(y_true, probs, lam=1.0):
    p_true = np.where(y_true == 1, probs, 1 - probs)
    entropy = -np.sum(np.log(p_true))
    dice = 2 * (probs * y_true).sum() / (probs.sum() + y_true.sum())
    return float(entropy + lam * (1 - dice))
