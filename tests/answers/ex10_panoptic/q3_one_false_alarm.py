"""Adds a single false alarm, too little where there are many segments."""

CELL = "q3-fool"
LOSES = {"q3-fool-test-too-high": 1}


def fooling_prediction(y_true):
    y_pred = y_true.copy()
    y_pred[0, 0] = y_pred[0, 0] + 500
    return y_pred
