"""Answers to the quizzes of the lesson."""

IMPORTS = """
def front(points):
    return [
        name
        for name, (ms, score) in points.items()
        if not any(a <= ms and b >= score and (a, b) != (ms, score) for a, b in points.values())
    ]
"""
QUIZZES = {
    "quiz-front": (
        "letters = None",
        'letters = {"A", "B", "E"}',
        'letters = {"A", "B", "D", "E"}',
        'letters = {"A", "E"}',
        'letters = {"E"}',
    ),
    "quiz-time": ("three = None", "three = [100, 10, 10]", "three = [10, 10, 10]", "three = [100, 100, 10]"),
    "quiz-ceiling": (
        "answer = None",
        'answer = "another rule"',
        'answer = "more training"',
        'answer = "a larger U-Net"',
    ),
}
