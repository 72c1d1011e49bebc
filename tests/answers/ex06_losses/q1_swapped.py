"""Takes the loss of the other class."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-values": 1, "q1-bce-test-stable": 1}


def bce_with_logits(y_true, logits):
    return np.logaddexp(0, np.where(y_true == 1, logits, -logits))
