"""Answers to the quizzes of lesson 9a: by cell, what is replaced, a right answer, and wrong ones."""

QUIZZES = {
    "quiz-mix": ("pixels = None", "pixels = 2", "pixels = 1", "pixels = 3", "pixels = 4"),
    "quiz-who": ("= None, None", "= 1536, 1", "= 9, 1", "= 1, 1536", "= 12, 1", "= 1536, 12"),
    "quiz-fast": ("= None, None", "= 2, 1", "= 1, 2", "= 2, 2", "= 4, 1"),
}
