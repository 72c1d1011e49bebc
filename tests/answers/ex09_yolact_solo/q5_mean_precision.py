"""Takes the mean of the precisions."""

CELL = "q5-read"
LOSES = {"q5-read-test-values": 1}


def read_curve(precision, recall):
    return float(precision.mean()) if len(precision) else 0.0
