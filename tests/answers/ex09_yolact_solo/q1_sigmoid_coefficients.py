"""Lets no coefficient take anything away."""

import numpy as np

CELL = "q1-mix"
LOSES = {"q1-mix-test-values": 1}


def mix(prototypes, raw):
    logits = (1 / (1 + np.exp(-raw))) @ prototypes.reshape(-1, prototypes.shape[2]).T
    return (1 / (1 + np.exp(-logits))).reshape(len(raw), *prototypes.shape[:2])
