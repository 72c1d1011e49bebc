"""Divides by all predictions from the start."""

import numpy as np

CELL = "q5-curve"
LOSES = {"q5-curve-test-values": 1}


def precision_recall(scores, right, num_truth):
    found = np.cumsum(right[np.argsort(-scores, kind="stable")])
    return found / max(len(found), 1), found / num_truth
