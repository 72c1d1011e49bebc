"""Takes the width to be the height."""

CELL = "q3-taps"
LOSES = {"q3-taps-test-mean": 1}


def mean_valid_taps(height, width, rate):
    return ((height + 2 * max(height - rate, 0)) / height) ** 2
