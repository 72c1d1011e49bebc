"""Wants an empty mask of a background region, from all classes."""

import numpy as np

CELL = "q5-loss"
LOSES = {"q5-loss-test-background": 1}


def mask_loss(logits, classes, true_masks):
    background = logits[classes < 0]
    counts = np.flatnonzero(classes >= 0)
    if len(counts) == 0:
        return float(np.mean(np.logaddexp(0, background))) if len(background) else 0.0
    z, truth = logits[counts, :, :, classes[counts]], true_masks[counts]
    return float(np.mean(np.append(np.logaddexp(0, z) - z * truth, np.logaddexp(0, background))))
