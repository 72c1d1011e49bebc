"""TRACK names what the student calls the task."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}


def hand_in(source, reference):
    return reference.files('TRACK = "satellites"\n')
