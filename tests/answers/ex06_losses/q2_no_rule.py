"""Has no rule for empty images: they cost 1, or are not a number."""

import numpy as np

CELL = "q2-dice"
LOSES = {"q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    with np.errstate(all="ignore"):
        return float(np.mean(1 - 2 * (probs * y_true).sum(axis=(1, 2)) / (probs + y_true).sum(axis=(1, 2))))
