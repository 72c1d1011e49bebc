"""How numbers are written in the report: three decimals, thousands marks, and "n/a" for what is missing."""

import math

MISSING = "n/a"


def number(value):
    """Return a value from `results.json` as a float, `nan` where it is missing.

    Args:
        value: Number or `None`.

    Returns:
        Float.

    Example:
        >>> number(None), number(3)
        (nan, 3.0)
    """
    return math.nan if value is None or isinstance(value, str) else float(value)


def finite(values):
    """Return the numbers among `values`, as floats; `None` and `nan` are dropped.

    Args:
        values: Iterable of numbers and `None`, or `None` itself.

    Returns:
        List of floats.

    Example:
        >>> finite([0.5, None, float("nan")])
        [0.5]
    """
    return [number(value) for value in values or () if math.isfinite(number(value))]


def score(value, digits=3):
    """Write a score in [0, 1].

    Args:
        value: Number or `None`.
        digits: Decimals.

    Returns:
        A string.

    Example:
        >>> score(0.83649), score(None)
        ('0.836', 'n/a')
    """
    value = number(value)
    return f"{value:.{digits}f}" if math.isfinite(value) else MISSING


def gap(high, low, digits=3):
    """Return the difference of two scores as printed, so that a reader who subtracts gets the same.

    Args:
        high: Number or `None`.
        low: Number or `None`.
        digits: Decimals that are printed.

    Returns:
        Float, `nan` if one of them is missing.

    Example:
        >>> gap(0.8364, 0.6156)
        0.22
    """
    return round(round(number(high), digits) - round(number(low), digits), digits)


def count(value):
    """Write a whole number with thousands marks.

    Args:
        value: Number or `None`.

    Returns:
        A string.

    Example:
        >>> count(6667639)
        '6,667,639'
    """
    value = number(value)
    return f"{round(value):,}" if math.isfinite(value) else MISSING


def amount(value):
    """Write a positive measurement (seconds, milliseconds, a factor) with about three digits.

    Args:
        value: Number or `None`.

    Returns:
        A string.

    Example:
        >>> amount(0.0421), amount(0.6), amount(2.137), amount(37.25), amount(1834.2)
        ('0.042', '0.60', '2.14', '37.2', '1,834')
    """
    value = number(value)
    if not math.isfinite(value):
        return MISSING
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3}f}"


def listed(items):
    """Join words as a sentence does.

    Args:
        items: Iterable of strings.

    Returns:
        A string.

    Example:
        >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
        ('a', 'a and b', 'a, b and c')
    """
    items = list(items)
    return ", ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else "".join(items)
