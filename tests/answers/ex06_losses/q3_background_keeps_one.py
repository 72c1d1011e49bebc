"""Leaves class 0 with the weight 1."""

import numpy as np

CELL = "q3-focal"
LOSES = {"q3-focal-test-alpha": 1}


def focal_loss(y_true, probs, gamma=2.0, alpha=None):
    p_true = np.where(y_true == 1, probs, 1 - probs)
    loss = -((1 - p_true) ** gamma) * np.log(p_true)
    if alpha is not None:
        loss = loss * np.where(y_true == 1, alpha, 1.0)
    return loss
