"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-kernel": (
        "kernel_shape = None",
        "kernel_shape = (7, 7, 512, 4096)",
        "kernel_shape = (4096, 512, 7, 7)",
        "kernel_shape = (1, 1, 25088, 4096)",
        "kernel_shape = (7, 7, 512)",
    ),
    "quiz-map": ("count = None", "count = 117", "count = 192", "count = 96", "count = 130"),
    "quiz-order": (
        '    raise NotImplementedError("one line of arithmetic is enough")',
        "    return (r * width + c) * channels + k",
        "    return (k * height + r) * width + c",
        "    return (r * height + c) * channels + k",
        "    return (c * height + r) * channels + k",
    ),
}
