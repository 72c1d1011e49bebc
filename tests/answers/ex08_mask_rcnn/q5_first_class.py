"""Counts classes from 1, so that each takes its neighbor's channel."""

import numpy as np

CELL = "q5-loss"
LOSES = {"q5-loss-test-class": 1, "q5-loss-test-background": 1}


def mask_loss(logits, classes, true_masks):
    counts = np.flatnonzero(classes >= 0)
    if len(counts) == 0:
        return 0.0
    z, truth = logits[counts, :, :, classes[counts] - 1], true_masks[counts]
    return float(np.mean(np.logaddexp(0, z) - z * truth))
