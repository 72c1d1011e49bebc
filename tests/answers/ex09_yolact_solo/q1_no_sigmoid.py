"""Returns the sum, no probability."""

import numpy as np

CELL = "q1-mix"
LOSES = {"q1-mix-test-values": 1}


def mix(prototypes, raw):
    logits = np.tanh(raw) @ prototypes.reshape(-1, prototypes.shape[2]).T
    return logits.reshape(len(raw), *prototypes.shape[:2])
