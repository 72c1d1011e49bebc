"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-sigma": ("= None\n", "= 2.5\n", "= 10\n"),
    "quiz-momentum": ("= None\n", "= 44\n", "= 43\n", "= 60\n"),
    "quiz-epochs": ("= None\n", "= 150\n", "= 300\n"),
}
