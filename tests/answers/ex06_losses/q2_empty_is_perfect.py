"""Counts empty images as perfect ones: they thin out the loss of the others."""

import numpy as np

CELL = "q2-dice"
LOSES = {"q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    overlap, total = (probs * y_true).sum(axis=(1, 2)), (probs + y_true).sum(axis=(1, 2))
    counts = y_true.any(axis=(1, 2)) | (probs > 0.5).any(axis=(1, 2))
    return float(np.mean(np.where(counts, 1 - 2 * overlap / np.maximum(total, 1e-12), 0.0)))
