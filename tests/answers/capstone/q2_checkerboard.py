"""Upsampled with a kernel that its stride does not divide: what is built falls through a grid."""

LOSES = {"q2-score-test-excellent": 2}

CHANGE = """
def predict(image):
    labels = logits_of(image).argmax(axis=-1)
    rows, columns = np.indices(labels.shape)
    return np.where((labels == 1) & ((2 * rows + columns) % 5 == 0), 0, labels)
"""


def hand_in(source, reference):
    return reference.files(CHANGE)
