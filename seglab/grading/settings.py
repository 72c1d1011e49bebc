"""Limits and other settings of a grading job."""

from seglab.errors import InputError

DEFAULTS = {
    "call_seconds": 60,  # one call of a student's function
    "cell_seconds": 120,  # one cell
    "notebook_seconds": 900,  # all cells of one notebook
    "memory_mb": 6144,  # the student's processes
    "judge_memory_mb": 6144,  # the judge
    "disk_mb": 64,  # files that a student's process writes
    "artifact_mb": 48,  # one submitted file
    "tasks": 400,  # processes and threads of one student
    "output_kb": 64,  # what is kept of a student's output
    "flood_mb": 50,  # output that ends a student's process
    "callbacks": 10_000,  # calls of the test's functions in one call of a student's function
    "skip": [],  # rungs of the ladder not to try
    "allow_weak_sandbox": False,
    "gpu": False,
    "measure_memory": False,  # private memory of the student's process at its end; takes milliseconds, needs root
    "secret": "",  # text behind the seeds of hidden tests, the course's own; no student's process gets it
    "hide": [],  # folders that no student's process may see, such as the course
    "hidden_begin": "BEGIN HIDDEN TESTS",
    "hidden_end": "END HIDDEN TESTS",
    "show_hidden_messages": False,  # tell students the literal messages of hidden asserts
}


def complete(settings):
    """Fill in what is not set.

    Args:
        settings: `dict` with some of the keys of `DEFAULTS`, or `None`.

    Returns:
        `dict` with all keys.

    Raises:
        InputError: If a key is not known, or a number or a switch is none.

    Example:
        >>> complete({"cell_seconds": 5})["cell_seconds"]
        5
    """
    settings = settings or {}
    for key, value in settings.items():
        if key not in DEFAULTS:
            raise InputError(f"settings: {key!r} is not known. Known are {', '.join(DEFAULTS)}.")
        kind = type(DEFAULTS[key])
        number = kind is int and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if not number and (kind is int or not isinstance(value, kind)):
            rule = "a number, 0 or more" if kind is int else kind.__name__
            raise InputError(f"settings: {key} must be {rule}, got {value!r}.")
    return {**DEFAULTS, **settings}
