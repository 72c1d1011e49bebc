"""Returns the probability of what is built in place of labels."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}

CHANGE = """
def predict(image):
    logits = logits_of(image)
    return (1 / (1 + np.exp(-logits[..., 1]))).astype("float32")
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
