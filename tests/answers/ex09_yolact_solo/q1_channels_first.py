"""Reads the prototypes as (k, h, w)."""

import numpy as np

CELL = "q1-mix"
LOSES = {"q1-mix-test-values": 1}


def mix(prototypes, raw):
    logits = np.tanh(raw) @ prototypes.reshape(prototypes.shape[2], -1)
    return (1 / (1 + np.exp(-logits))).reshape(len(raw), *prototypes.shape[:2])
