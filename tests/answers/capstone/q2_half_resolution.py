"""Labels are predicted for every second pixel, and enlarged."""

LOSES = {"q2-score-test-good": 3, "q2-score-test-excellent": 2}

CHANGE = """
def predict(image):
    coarse = logits_of(image)[::2, ::2].argmax(axis=-1)
    return coarse.repeat(2, axis=0).repeat(2, axis=1)
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
