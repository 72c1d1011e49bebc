"""Puts the objects on the last axis."""

import numpy as np

CELL = "q1-mix"
LOSES = {"q1-mix-test-values": 1}


def mix(prototypes, raw):
    logits = np.tanh(raw) @ prototypes.reshape(-1, prototypes.shape[2]).T
    return (1 / (1 + np.exp(-logits))).T.reshape(*prototypes.shape[:2], len(raw))
