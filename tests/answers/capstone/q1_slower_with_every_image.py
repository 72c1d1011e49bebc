"""Keeps all images and goes through them again: the tenth takes too long."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}

CHANGE = """
import time

SEEN = []


def predict(image):
    SEEN.append(image)
    if len(SEEN) > 9:
        time.sleep(3.05)
    return logits_of(image).argmax(axis=-1)
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
