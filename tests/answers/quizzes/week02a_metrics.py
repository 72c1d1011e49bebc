"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-twice-too-large": ("= None\n", "= 0.5\n", "= 2 / 3\n"),
    "quiz-dice": ("= None\n", "= 2 / 3\n", "= 8 / 9\n"),
}
