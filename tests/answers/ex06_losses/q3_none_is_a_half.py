"""Takes one half where no alpha is given."""

import numpy as np

CELL = "q3-focal"
LOSES = {"q3-focal-test-gamma": 1}


def focal_loss(y_true, probs, gamma=2.0, alpha=None):
    alpha = 0.5 if alpha is None else alpha
    p_true = np.where(y_true == 1, probs, 1 - probs)
    return -np.where(y_true == 1, alpha, 1 - alpha) * (1 - p_true) ** gamma * np.log(p_true)
