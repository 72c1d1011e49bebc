"""Takes the head's numbers as coefficients."""

import numpy as np

CELL = "q1-mix"
LOSES = {"q1-mix-test-values": 1}


def mix(prototypes, raw):
    logits = raw @ prototypes.reshape(-1, prototypes.shape[2]).T
    return (1 / (1 + np.exp(-logits))).reshape(len(raw), *prototypes.shape[:2])
