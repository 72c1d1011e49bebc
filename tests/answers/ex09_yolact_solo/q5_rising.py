"""Walks up the scores."""

import numpy as np

CELL = "q5-curve"
LOSES = {"q5-curve-test-values": 1}


def precision_recall(scores, right, num_truth):
    found = np.cumsum(right[np.argsort(scores, kind="stable")])
    return found / np.arange(1, len(found) + 1), found / num_truth
