"""Forgets the logarithm: right far out only."""

import numpy as np

CELL = "q1-bce"
LOSES = {"q1-bce-test-values": 1}


def bce_with_logits(y_true, logits):
    return np.maximum(logits, 0) - logits * y_true
