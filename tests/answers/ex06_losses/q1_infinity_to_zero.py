"""Hides what is not finite: the worst pixels cost nothing."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-stable": 1}


def bce_with_logits(y_true, logits):
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-logits))
        loss = -np.where(y_true == 1, np.log(p), np.log(1 - p))
    return np.where(np.isfinite(loss), loss, 0.0)
