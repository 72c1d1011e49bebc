"""Clips the probability, so that no pixel costs more than 16."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-stable": 1}


def bce_with_logits(y_true, logits):
    with np.errstate(all="ignore"):
        p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    return -np.where(y_true == 1, np.log(p), np.log(1 - p))
