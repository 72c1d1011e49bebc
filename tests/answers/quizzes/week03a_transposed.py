"""Answers to the quizzes of the lesson."""

IMPORTS = """
from seglab.convolution import effective_kernel_size, transposed_conv2d
from seglab.receptive_field import receptive_field
"""
QUIZZES = {
    "quiz-size": ("rows = None", "rows = 64", "rows = 66"),
    "quiz-same": ("cut = None", "cut = (1, 2)", "cut = (2, 1)", "cut = (1, 1)"),
    "quiz-even": (
        '    raise NotImplementedError("one comparison is enough")',
        "    return kernel_size % strides == 0",
        "    return kernel_size % 2 == 0",
        "    return kernel_size >= strides",
    ),
}
