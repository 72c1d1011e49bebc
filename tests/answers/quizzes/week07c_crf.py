"""Answers to the quizzes of week 7c."""

IMPORTS = "from seglab import crf\n"
QUIZZES = {
    "quiz-pairs": ("pairs_cost = None", "pairs_cost = 4", "pairs_cost = 8", "pairs_cost = 2", "pairs_cost = 6"),
    "quiz-theta": ("theta_beta = None", "theta_beta = 15", "theta_beta = 2", "theta_beta = 80"),
    "quiz-order": (
        "order = None",
        'order = ["crf", "argmax", "remove_small"]',
        'order = ["argmax", "crf", "remove_small"]',
        'order = ["crf", "remove_small", "argmax"]',
        'order = ["crf", "argmax"]',
    ),
}
