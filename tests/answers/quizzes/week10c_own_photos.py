"""Answers to the quizzes of lesson 10c: by cell, what is replaced, a right answer, and wrong ones."""

QUIZZES = {
    "quiz-pixels": ("pixels = None", "pixels = 8", "pixels = 15", "pixels = 12"),
    "quiz-order": (
        "row = None",
        "row = [0, 1, 2, 255, 1, 0]",
        "row = [0, 1, 2, 2, 1, 0]",
        "row = [0, 1, 1, 1, 1, 0]",
        "row = [255, 1, 2, 255, 1, 255]",
    ),
    "quiz-split": ("unit = None", 'unit = "kitchen"', 'unit = "photo"', 'unit = "crop"'),
}
