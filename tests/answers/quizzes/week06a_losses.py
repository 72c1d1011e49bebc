"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-dice": ("= None\n", "= 0.5\n", "= -0.5\n", "= 0.25\n"),
    "quiz-focal": ("= None\n", "= 0.8\n", "= 0.2\n"),
    "quiz-weights": ("= None\n", "= 2\n", "= 0.5\n", "= 4\n"),
}
