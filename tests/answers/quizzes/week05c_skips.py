"""Answers to the quizzes of week 5c."""

QUIZZES = {
    "quiz-memory": ("megabytes = None", "megabytes = 2", "megabytes = 8", "megabytes = 64", "megabytes = 4"),
    "quiz-weights": ("more = None", "more = 36864", "more = 0", "more = 36928", "more = 73728"),
    "quiz-test": (
        "tests = None",
        'tests = ["forward", "backward"]',
        'tests = ["shapes", "weights"]',
        'tests = ["forward"]',
        'tests = ["weights", "forward", "backward"]',
    ),
}
