"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-trimap": (
        "row = None",
        "row = [0, 255, 1, 1, 255, 0]",
        "row = [2, 3, 1, 1, 3, 2]",
        "row = [0, 2, 1, 1, 2, 0]",
        "row = [1, 255, 0, 0, 255, 1]",
    ),
    "quiz-keras": ("says = None", "says = 0.35", "says = 0.25", "says = 1.0"),
    "quiz-rule": (
        "three = None",
        "three = [1, 1, 0.75]",
        "three = [1, 0.75, 0.75]",
        "three = [0.75, 1, 1]",
    ),
}
