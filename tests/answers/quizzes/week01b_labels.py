"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.datasets.streets import STREETS
from seglab.labels import rgb_to_ids
"""
QUIZZES = {
    "quiz-color": ("= None\n", "= 522\n", "= 12\n"),
    "quiz-average": ("= None\n", "= {2, 3}\n", "= {1, 2, 3, 4}\n"),
    "quiz-border": ("= None\n", "= 1400\n", "= 1500\n"),
}
