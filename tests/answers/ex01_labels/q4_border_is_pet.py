"""Counts the border as pet."""

CELL = "q4-border"
LOSES = {"q4-border-test-both": 1}


def read_trimap(trimap):
    return trimap != 2, trimap == 3
