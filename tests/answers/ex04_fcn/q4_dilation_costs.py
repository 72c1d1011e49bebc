"""Leaves out dilation, as if it did not widen the view for free."""

CELL = "q4-field"
LOSES = {"q4-field-test-letters": 1}


def true_statements():
    return "AC"
