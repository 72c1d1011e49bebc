"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.boxes import decode_boxes, make_anchors, match_anchors
"""
QUIZZES = {
    "quiz-anchors": ("count = None", "count = 1152", "count = 192", "count = 960"),
    "quiz-decode": ("box = None", "box = (5, -5, 15, 15)", "box = (5, 0, 15, 20)", "box = (0, 0, 15, 15)"),
    "quiz-match": ("result = None", "result = [0, -2, -1]", "result = [0, 1, -1]", "result = [-2, -2, -1]"),
}
