"""Takes the channel with the largest sum, not that of the true class."""

import numpy as np

CELL = "q5-loss"
LOSES = {"q5-loss-test-class": 1, "q5-loss-test-background": 1}


def mask_loss(logits, classes, true_masks):
    counts = np.flatnonzero(classes >= 0)
    if len(counts) == 0:
        return 0.0
    surest = logits[counts].sum(axis=(1, 2)).argmax(axis=-1)
    z, truth = logits[counts, :, :, surest], true_masks[counts]
    return float(np.mean(np.logaddexp(0, z) - z * truth))
