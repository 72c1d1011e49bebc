"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.unet_sizes import output_size
from seglab.weight_maps import border_weights
"""
QUIZZES = {
    "quiz-output": ("pixels = None", "pixels = 84", "pixels = 268", "pixels = 176"),
    "quiz-step": ("step = None", "step = 56", "step = 60", "step = 64", "step = 57"),
    "quiz-alone": ("extra = None", "extra = 0", "extra = 10", "extra = 9.2312"),
}
