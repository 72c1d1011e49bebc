"""Does not cut at all."""

CELL = "q1-cut"
LOSES = {"q1-cut-test-values": 1}


def cut(probabilities, boxes, stride):
    return probabilities > 0.5
