"""Adds the costs of all classes up, also of those that were not chosen."""

import numpy as np

CELL = "q6-crf"
LOSES = {"q6-crf-test-energy": 1}


def energy(labels, unary, weights):
    different = labels[:, None] != labels
    return float(unary.sum() + (weights * different).sum() / 2)


def mean_field_step(probs, unary, weights):
    scores = np.exp(weights @ probs - unary)
    return scores / scores.sum(axis=1, keepdims=True)
