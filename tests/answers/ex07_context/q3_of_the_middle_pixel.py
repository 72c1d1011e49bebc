"""Counts the taps of the pixel in the middle only."""

CELL = "q3-taps"
LOSES = {"q3-taps-test-mean": 1}


def mean_valid_taps(height, width, rate):
    count = 0
    for a in (-1, 0, 1):
        for b in (-1, 0, 1):
            count += 0 <= height // 2 + a * rate < height and 0 <= width // 2 + b * rate < width
    return float(count)
