"""Returns lists of lists, as JSON would."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}

CHANGE = """
def predict(image):
    return logits_of(image).argmax(axis=-1).tolist()
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
