"""Returns the mean of all pixels."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-values": 1, "q1-bce-test-stable": 1}


def bce_with_logits(y_true, logits):
    return np.mean(np.logaddexp(0, logits) - logits * y_true)
