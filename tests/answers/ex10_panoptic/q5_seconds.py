"""Forgets that a second has 1000 milliseconds."""

import numpy as np

CELL = "q5-table"
LOSES = {"q5-table-test-numbers": 1}


def model_table(seconds, weights):
    ms = {name: float(np.median(times[1:])) for name, times in seconds.items()}
    fastest = min(ms.values())
    return {
        name: {"ms": ms[name], "ratio": ms[name] / fastest, "megabytes": 4 * weights[name] / 1e6} for name in seconds
    }
