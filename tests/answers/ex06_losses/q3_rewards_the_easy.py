"""Takes p_t for 1 - p_t in the factor."""

import numpy as np

CELL = "q3-focal"
LOSES = {"q3-focal-test-gamma": 1, "q3-focal-test-alpha": 1}


def focal_loss(y_true, probs, gamma=2.0, alpha=None):
    p_true = np.where(y_true == 1, probs, 1 - probs)
    loss = -(p_true**gamma) * np.log(p_true)
    if alpha is not None:
        loss = loss * np.where(y_true == 1, alpha, 1 - alpha)
    return loss
