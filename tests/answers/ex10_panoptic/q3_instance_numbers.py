"""Changes instance numbers, which say nothing."""

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    return y_true + 100
