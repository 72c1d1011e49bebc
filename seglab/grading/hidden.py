"""What hidden tests get of the judge: a seed that no student's process knows, and a place for numbers on record.

A test cell imports this module. Under the judge the seed is the judge's own, the same for all submissions of a
grading; what a test reports stands in the result beside its points. Anywhere else the seed is new each time, and nobody
reads the report.
"""

import secrets

MOST = 20  # things that one test reports
_state = {"seed": None, "reported": {}}


def seed():
    """Return the seed of hidden data.

    Returns:
        Integer in [0, 2**64).

    Example:
        >>> 0 <= seed() < 2**64
        True
    """
    return secrets.randbits(64) if _state["seed"] is None else _state["seed"]


def set_seed(value):
    """Make the judge's seed the one that tests get; called by the judge alone, in a process that no student sees.

    Args:
        value: Integer in [0, 2**64).
    """
    _state["seed"] = value


def report(**facts):
    """Put facts on record with the test that runs: they stand in `result.json` and in the audit log.

    Args:
        **facts: Numbers and short texts by name; what is neither, or not finite, is left out.

    Example:
        >>> report(score=0.5, track="cells", speed=float("nan"))
        >>> take_report()
        {'score': 0.5, 'track': 'cells'}
    """
    for name, value in facts.items():
        number = type(value) in (int, float) and abs(value) < 2**63  # neither is NaN
        if (number or isinstance(value, str)) and len(_state["reported"]) < MOST:
            _state["reported"][name] = value[:200] if isinstance(value, str) else value


def take_report():
    """Return what was reported since the last call, a `dict`."""
    reported, _state["reported"] = _state["reported"], {}
    return reported
