"""Counts the warm-up."""

import numpy as np

CELL = "q5-table"
LOSES = {"q5-table-test-numbers": 1}


def model_table(seconds, weights):
    ms = {name: 1000 * float(np.median(times)) for name, times in seconds.items()}
    fastest = min(ms.values())
    return {
        name: {"ms": ms[name], "ratio": ms[name] / fastest, "megabytes": 4 * weights[name] / 1e6} for name in seconds
    }
