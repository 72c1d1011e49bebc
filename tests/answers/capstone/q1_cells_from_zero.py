"""Cells are numbered from 0, and what is no cell is -1."""

LOSES = {
    "q1-contract-test-form": 1,
    "q1-contract-test-repeat": 1,
    "q2-score-test-baseline": 3,
    "q2-score-test-good": 3,
    "q2-score-test-excellent": 2,
}


def hand_in(source, reference):
    return {"predict.py": reference.starter("cells")["predict.py"] + CHANGE.encode()}


CHANGE = """
good = predict


def predict(image):
    instances, scores = good(image)
    return instances - 1, scores
"""
