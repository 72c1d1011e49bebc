"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.datasets import synthetic
from seglab.labels import colorize
labels = synthetic.shapes(1, size=(96, 128), seed=8)[1][0]
mask = colorize(labels, 4)
"""
QUIZZES = {
    "quiz-wrap": ("wrapped = None", "wrapped = 254", "wrapped = -2"),
    "quiz-shape": ("mask_shape = None", "mask_shape = (96, 128, 3)", "mask_shape = (96, 128)"),
    "quiz-shrink": (
        '    raise NotImplementedError("one line of slicing is enough")',
        "    return labels[::step, ::step]",
        "    return labels[::step, ::step] / 1.0",
    ),
}
