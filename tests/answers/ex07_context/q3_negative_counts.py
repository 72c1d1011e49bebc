"""Lets a rate larger than the map count taps below zero."""

CELL = "q3-taps"
LOSES = {"q3-taps-test-mean": 1}


def mean_valid_taps(height, width, rate):
    mean = 1.0
    for size in (height, width):
        mean *= (3 * size - 2 * rate) / size
    return mean
