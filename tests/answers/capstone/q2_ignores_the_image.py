"""Answers the first image that it gets, and gives the same answer ever after."""

LOSES = {"q2-score-test-baseline": 3, "q2-score-test-good": 3, "q2-score-test-excellent": 2}

CHANGE = """
FIRST = []


def predict(image):
    FIRST.append(logits_of(image).argmax(axis=-1))
    return FIRST[0]
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
