"""Compares each pixel with the next one only."""

import numpy as np

CELL = "q6-crf"
LOSES = {"q6-crf-test-energy": 1}


def energy(labels, unary, weights):
    pairs = sum(weights[i, i + 1] for i in range(len(labels) - 1) if labels[i] != labels[i + 1])
    return float(unary[np.arange(len(labels)), labels].sum() + pairs)


def mean_field_step(probs, unary, weights):
    scores = np.exp(weights @ probs - unary)
    return scores / scores.sum(axis=1, keepdims=True)
