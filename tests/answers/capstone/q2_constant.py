"""Nearly every pixel is land: so all of them are."""

LOSES = {"q2-score-test-baseline": 3, "q2-score-test-good": 3, "q2-score-test-excellent": 2}

CHANGE = """
def predict(image):
    return np.zeros(image.shape[:2], int)
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
