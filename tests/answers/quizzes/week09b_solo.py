"""Answers to the quizzes of lesson 9b: by cell, what is replaced, a right answer, and wrong ones."""

IMPORTS = """
def own_cell(center, size, cells):
    i, j = (int(place * cells / side) for place, side in zip(center, size, strict=True))
    return i, j, i * cells + j
"""
QUIZZES = {
    "quiz-channel": ("channel = None", "channel = 29", "channel = 43", "channel = 22", "channel = 30"),
    "quiz-decoupled": ("channels = None", "channels = 256", "channels = 128", "channels = 3872"),
    "quiz-apart": ("differs = None", 'differs = "nothing"', 'differs = "their channels"', 'differs = "their scores"'),
}
