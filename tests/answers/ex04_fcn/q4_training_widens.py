"""Believes that weights from ImageNet see more of the image."""

CELL = "q4-field"
LOSES = {"q4-field-test-letters": 1}


def true_statements():
    return "ACDF"
