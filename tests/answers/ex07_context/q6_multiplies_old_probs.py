"""Takes the old probabilities where the unary belongs: right in the first step only."""

import numpy as np

CELL = "q6-crf"
LOSES = {"q6-crf-test-step": 1}


def energy(labels, unary, weights):
    different = labels[:, None] != labels
    return float(unary[np.arange(len(labels)), labels].sum() + (weights * different).sum() / 2)


def mean_field_step(probs, unary, weights):
    scores = probs * np.exp(weights @ probs)
    return scores / scores.sum(axis=1, keepdims=True)
