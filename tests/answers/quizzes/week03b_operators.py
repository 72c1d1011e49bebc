"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.convolution import effective_kernel_size, transposed_conv2d
from seglab.receptive_field import receptive_field
"""
QUIZZES = {
    "quiz-span": ("span = None", "span = 37", "span = 54"),
    "quiz-field": ("seen = None", "seen = 10", "seen = 8"),
}
