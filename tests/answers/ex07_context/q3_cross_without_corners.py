"""Leaves the four corner taps out."""

CELL = "q3-taps"
LOSES = {"q3-taps-test-mean": 1}


def mean_valid_taps(height, width, rate):
    return 1 + 2 * max(height - rate, 0) / height + 2 * max(width - rate, 0) / width
