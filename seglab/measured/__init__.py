"""Numbers that the benchmarks have measured, packed with the package, so that a lesson can show them anywhere.

One JSON file per benchmark: `conditions` (date, versions, machine) and `rows`. The benchmark itself writes it.
"""

import json
from importlib import resources

from seglab.errors import InputError

FOLDER = resources.files("seglab.measured")


def names():
    """List the benchmarks whose numbers are here.

    Returns:
        Sorted list of `str`.

    Example:
        >>> "instances" in names()
        True
    """
    return sorted(path.name.removesuffix(".json") for path in FOLDER.iterdir() if path.name.endswith(".json"))


def measured(name):
    """Return what a benchmark has measured.

    Args:
        name: One of `names()`.

    Returns:
        List of dicts, one per method and data set, on a GPU per `precision` too: `data`, `method`, `metric`, the name
        of its score, the `median`, `lowest` and `highest` of that score over so many `seeds`, `scores`, the medians of
        all scores by name, and what the benchmark knows of cost, such as `parameters`, `steps`, `ms` (CPU milliseconds
        per image), `memory_mb`, `cpu_seconds` (of training) and `oracle` (the score on true maps). What has not been
        measured is `None`, with 0 `seeds`.

    Raises:
        InputError: If there is no such benchmark.

    Example:
        >>> {row["data"] for row in measured("instances")} == {"cells", "nuclei", "streets"}
        True
    """
    return _read(name)["rows"]


def conditions(name):
    """Return when and with what a benchmark was run.

    Args:
        name: One of `names()`.

    Returns:
        Dict with `date`, `machine`, `versions` and `program`.

    Raises:
        InputError: If there is no such benchmark.

    Example:
        >>> conditions("instances")["program"]
        'benchmarks/instances.py'
    """
    return _read(name)["conditions"]


def _read(name):
    if name not in names():
        raise InputError(f"name must be one of {', '.join(names())}, got {name!r}. Run the benchmark to record more.")
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
