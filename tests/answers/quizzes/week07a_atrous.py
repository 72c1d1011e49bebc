"""Answers to the quizzes of lesson 7a: by cell, what is replaced, a right answer, and wrong ones."""

IMPORTS = "from seglab.convolution import mean_valid_taps"
QUIZZES = {
    "quiz-rates": (
        "rates_at_8 = None",
        "rates_at_8 = (12, 24, 36)",
        "rates_at_8 = (3, 6, 9)",
        "rates_at_8 = (6, 12, 18)",
    ),
    "quiz-degenerate": ("smallest = None", "smallest = 16", "smallest = 15", "smallest = 8", "smallest = 17"),
    "quiz-sum": (
        "weights = None",
        "weights = 4 * (9 * 2048 * 21 + 21)",
        "weights = 4 * 9 * 2048 * 21",
        "weights = 9 * 2048 * 21",
    ),
}
