"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.datasets.streets import STREETS
from seglab.labels import rgb_to_ids
"""
QUIZZES = {
    "quiz-id": ("= None\n", '= "person"\n', '= "car"\n'),
    "quiz-count": ("= None\n", "= 2\n", "= 4\n"),
    "quiz-task": ("= None\n", '= "semantic"\n', '= "panoptic"\n'),
}
