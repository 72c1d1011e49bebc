"""Wants the masks of all other classes empty."""

import numpy as np

CELL = "q5-loss"
LOSES = {"q5-loss-test-class": 1, "q5-loss-test-background": 1}


def mask_loss(logits, classes, true_masks):
    counts = np.flatnonzero(classes >= 0)
    if len(counts) == 0:
        return 0.0
    z = logits[counts]
    truth = true_masks[counts][..., None] * (classes[counts][:, None, None, None] == np.arange(z.shape[-1]))
    return float(np.mean(np.logaddexp(0, z) - z * truth))
