"""Answers to the quizzes of lesson 10d: by cell, what is replaced, a right answer, and wrong ones."""

QUIZZES = {
    "quiz-cost": (
        "= None, None",
        "= 1024**2, 4096**2",
        "= 1024, 4096",
        "= 1024**2, 4 * 1024**2",
        "= 32**2, 64**2",
    ),
    "quiz-match": ("= None, None", "= 0, 1", "= 1, 0", "= 0, 0", "= 2, 0", "= 0, 2"),
    "quiz-sam": ("= None, None", "= 10, 200", "= 200, 200", "= 10, 20", "= 200, 10"),
}
