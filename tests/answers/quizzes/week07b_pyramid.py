"""Answers to the quizzes of lesson 7b: by cell, what is replaced, a right answer, and wrong ones."""

QUIZZES = {
    "quiz-mean": ("upper_left = None", "upper_left = 2.5", "upper_left = 0", "upper_left = 7.5"),
    "quiz-region": ("region = None", "region = (2, 5)", "region = (2, 4)", "region = (3, 5)", "region = (3, 6)"),
    "quiz-loss": ("total_loss = None", "total_loss = 0.8", "total_loss = 1.25", "total_loss = 0.95"),
}
