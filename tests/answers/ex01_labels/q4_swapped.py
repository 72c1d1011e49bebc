"""Takes 2 for the pet: the network learns to find the background."""

CELL = "q4-border"
LOSES = {"q4-border-test-both": 1}


def read_trimap(trimap):
    return trimap == 2, trimap == 3
