"""Counts three taps of a row, and not nine."""

CELL = "q3-taps"
LOSES = {"q3-taps-test-mean": 1}


def mean_valid_taps(height, width, rate):
    return 3 * (height + 2 * max(height - rate, 0)) / (3 * height)
