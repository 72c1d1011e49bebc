"""Divides by the number of wrong predictions plus one."""

import numpy as np

CELL = "q5-curve"
LOSES = {"q5-curve-test-values": 1}


def precision_recall(scores, right, num_truth):
    found = np.cumsum(right[np.argsort(-scores, kind="stable")])
    return found / (np.arange(len(found)) + 2 - found), found / num_truth
