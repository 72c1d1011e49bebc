"""Answers to the quizzes of lesson 9c: by cell, what is replaced, a right answer, and wrong ones."""

QUIZZES = {
    "quiz-ap": ("ap = None", "ap = 0.505", "ap = 0.5", "ap = 0.667", "ap = 1", "ap = 0.333"),
    "quiz-duplicate": ("= None, None", '= "TP", "FP"', '= "FP", "TP"', '= "TP", "TP"'),
    "quiz-moves": ("changes = None", 'changes = "drop"', 'changes = "halve"', 'changes = "append"'),
}
