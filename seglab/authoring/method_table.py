"""The README's table of semantic networks, from what `benchmarks/models.py` has measured."""

from seglab.measured import conditions, measured

DATA = ("pets", "nuclei", "camvid")
FACTS = {"parameters": 0, "ms": 1, "memory_mb": 0}  # with the digits after the point


def table():
    """Write the table.

    Returns:
        Markdown: a row per network, best on the pets first, and a line on where the numbers come from.

    Example:
        >>> table().splitlines()[0].startswith("| network | pets |")
        True
    """
    found = {(row["network"], row["data"], row["method"] != row["network"]): row for row in measured("models")}
    names = [name for name, data, refined in found if (data, refined) == ("pets", False)]
    names.sort(key=lambda name: -(found[name, "pets", False]["median"] or 0))
    head = ("network", *(part for data in DATA for part in (data, "boundary", "+ CRF")), "weights", "ms", "MB")
    rows = [head, ("---",) * len(head)]
    for name in names:
        cells = [name]
        for data in DATA:
            plain, refined = found[name, data, False], found[name, data, True]
            cells += [_score(plain), _number(plain["scores"].get("boundary IoU")), _number(refined["median"])]
        pets = found[name, "pets", False]
        cells += ["not yet" if pets[key] is None else f"{pets[key]:,.{digits}f}" for key, digits in FACTS.items()]
        rows.append(cells)
    about = conditions("models")
    versions = ", ".join(f"{name} {number}" for name, number in sorted(about["versions"].items()))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(
        [*lines, "", f"Measured by `{about['program']}`, {about['date']}, {about['machine']}; {versions}."]
    )


def _number(value):
    return "not yet" if value is None else f"{value:.3f}"


def _score(row):
    """Median mIoU, and the range of the seeds where there are several."""
    spread = f" ({row['lowest']:.3f} to {row['highest']:.3f})" if row["seeds"] > 1 else ""
    return _number(row["median"]) + spread
