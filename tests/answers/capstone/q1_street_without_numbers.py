"""All cars of a street are one segment, car 0."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}


def hand_in(source, reference):
    return {"predict.py": reference.starter("street")["predict.py"] + CHANGE.encode()}


CHANGE = """
good = predict


def predict(image):
    return good(image) // 1000 * 1000
"""
