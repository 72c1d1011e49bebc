"""Answers to the quizzes of the lesson."""

IMPORTS = "from seglab.models import fcn"
STUB = '    raise NotImplementedError("one line of arithmetic is enough")'
QUIZZES = {
    "quiz-sum": (
        "shape = None",
        "shape = (10, 14, 21)",
        "shape = (14, 10, 21)",
        "shape = (20, 28, 21)",
        "shape = (10, 14, 512)",
    ),
    "quiz-count": (
        STUB,
        "    return (512 + 1 + 256 + 1) * num_classes",
        "    return (512 + 256) * num_classes",
        "    return (512 + 256) * num_classes + 2 * 21",
    ),
    "quiz-loss": (
        "diagnosis = None",
        'diagnosis = "no gradient arrives"',
        'diagnosis = "it overfits"',
        'diagnosis = "the learning rate is a little too low"',
    ),
}
