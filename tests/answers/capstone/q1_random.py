"""Dropout was left on: land turns into water here and there, and elsewhere the next time."""

LOSES = {"q1-contract-test-repeat": 1}

CHANGE = """
RNG = np.random.default_rng()


def predict(image):
    labels = logits_of(image).argmax(axis=-1)
    return np.where((labels == 0) & (RNG.random(labels.shape) < 0.05), 2, labels)
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
