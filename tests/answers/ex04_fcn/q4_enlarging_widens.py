"""Counts the transposed convolution, which comes later."""

CELL = "q4-field"
LOSES = {"q4-field-test-letters": 1}


def true_statements():
    return "ACFG"
