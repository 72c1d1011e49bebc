"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-share": ("share = None", "share = 0.636", "share = 0.99**5", "share = 0.01"),
    "quiz-directions": (
        "shares = None",
        "shares = [0.938, 0.333]",
        "shares = [8 / 10.5, 1 / 3]",
        "shares = [0.938, 1]",
    ),
    "quiz-seeds": (
        "letters = None",
        'letters = {"A", "C"}',
        'letters = {"A"}',
        'letters = {"A", "B", "C"}',
    ),
}
