"""Takes the mean of nothing."""

import numpy as np

CELL = "q5-loss"
LOSES = {"q5-loss-test-background": 1}


def mask_loss(logits, classes, true_masks):
    counts = np.flatnonzero(classes >= 0)
    z, truth = logits[counts, :, :, classes[counts]], true_masks[counts]
    return float(np.sum(np.logaddexp(0, z) - z * truth) / np.float64(z.size)) if z.size else float("nan")
