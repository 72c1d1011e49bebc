"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.metrics import panoptic_counts
from seglab.models.panoptic_fpn import merge
THINGS, VOID = (4, 5), 255_000
"""
RIGHT = "ids = [4001, 4001, 5001, 5001, 5001, 255000]"
QUIZZES = {
    "quiz-merge": (
        "ids = None",
        RIGHT,
        "ids = [4001, 4001, 5001, 5001, 5001, 2000]",
        "ids = [4001, 4001, 4001, 4001, 5001, 255000]",
        "ids = [2000, 2000, 5001, 5001, 5001, 2000]",
    ),
    "quiz-pq": ("pq = None", "pq = 0.4", "pq = 0.8", "pq = 1.6 / 6", "pq = 1.6 / 5"),
    "quiz-void": ("iou = None", "iou = 5 / 7", "iou = 5 / 11", "iou = 5 / 6", "iou = 0.5"),
}
