"""Numbers about a graded sheet: scores, difficulty and discrimination of questions, failing tests, costs."""

import re
from collections import Counter

import numpy as np

FEWEST = 5  # submissions below which a correlation says nothing
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)


def scores(material, bins=10):
    """Count how many submissions reached which share of the points.

    Args:
        material: A `Material`.
        bins: Number of equal parts from 0 to 100 percent; what is above counts in the last.

    Returns:
        `dict` with `counts`, a list of `bins` numbers, and `mean`, `median`, `deviation`, `lowest` and `highest`, in
        points.
    """
    totals = np.array(list(material.totals.values()), float)
    share = totals / material.most if material.most else np.zeros(len(totals))
    place = np.clip((share * bins + 1e-9).astype(int), 0, bins - 1)
    facts = {"mean": totals.mean(), "median": np.median(totals), "deviation": totals.std()}
    facts |= {"lowest": totals.min(), "highest": totals.max()}
    return {
        "counts": np.bincount(place, minlength=bins).tolist(),
        **{key: float(value) for key, value in facts.items()},
    }


def questions(material):
    """Measure each question.

    A submission counts where the question has all its points; what waits for a person stays out.

    Args:
        material: A `Material`.

    Returns:
        List of `dict` in the order of the sheet: `notebook`, `question`, `most`, `number` of submissions that count,
        `difficulty`, the mean share of the points (high is easy), `full` and `none`, the shares of those with all and
        with no points, and `discrimination`, the correlation of the share with the share that the same students have
        of all other points, `None` where fewer than five submissions count or all are alike.
    """
    groups = {}
    for cell in material.cells:
        groups.setdefault((cell.notebook, cell.question), []).append(cell)
    groups = {key: cells for key, cells in groups.items() if sum(cell.most for cell in cells) > 0}
    students = list(material.totals)
    reached = np.full((len(students), len(groups)), np.nan)  # (students, questions)
    for column, cells in enumerate(groups.values()):
        for row, student in enumerate(students):
            points = [material.points.get((student, cell.notebook, cell.name)) for cell in cells]
            if None not in points:
                reached[row, column] = sum(points)
    most = np.array([sum(cell.most for cell in cells) for cells in groups.values()])
    found = []
    for column, (notebook, question) in enumerate(groups):
        share = reached[:, column] / most[column]
        known = ~np.isnan(share)
        facts = {"notebook": notebook, "question": question, "most": float(most[column]), "number": int(known.sum())}
        if known.any():
            facts["difficulty"] = float(share[known].mean())
            facts["full"], facts["none"] = float((share[known] >= 1).mean()), float((share[known] <= 0).mean())
        else:
            facts |= {"difficulty": None, "full": None, "none": None}
        facts["discrimination"] = _discrimination(share, np.delete(reached, column, 1), np.delete(most, column))
        found.append(facts)
    return found


def _discrimination(share, others, most):
    """Correlate the share of one question with that of all others, over the submissions that have both."""
    known = ~np.isnan(others)
    possible = (known * most).sum(1)
    rest = np.divide(np.nansum(others, 1), possible, out=np.full(len(share), np.nan), where=possible > 0)
    both = ~np.isnan(share) & ~np.isnan(rest)
    share, rest = share[both], rest[both]
    if len(share) < FEWEST or share.std() < 1e-9 or rest.std() < 1e-9:
        return None
    return float(np.corrcoef(share, rest)[0, 1])


def tests(material):
    """Count which tests fail, and with what.

    Messages that differ in their numbers only are one message.

    Args:
        material: A `Material`.

    Returns:
        List of `dict`, the one that fails most often first: `notebook`, `test`, `question`, `number` of verdicts,
        `failed`, how many gave less than all points, `errors`, a list of `(number, kind, message)`, the commonest
        first, and `seconds`, median and most, `None` where no time is known. The messages are the judge's for the
        instructor: they may hold hidden inputs.
    """
    found = []
    for cell in material.cells:
        if cell.role != "test":
            continue
        verdicts = [
            result["cells"].get(cell.name) for (_, name), result in material.results.items() if name == cell.notebook
        ]
        verdicts = [verdict for verdict in verdicts if isinstance(verdict, dict)]
        failed = [verdict for verdict in verdicts if verdict["points"] < cell.most]
        facts = {"notebook": cell.notebook, "test": cell.name, "question": cell.question}
        facts |= {"number": len(verdicts), "failed": len(failed), "errors": _errors(failed)}
        facts["seconds"] = spread([verdict.get("seconds") for verdict in verdicts])
        found.append(facts)
    return sorted(found, key=lambda each: -each["failed"])


def _errors(verdicts, most=3):
    counts, shown = Counter(), {}
    for verdict in verdicts:
        kind = str(verdict.get("kind") or "no exception")
        detail = str(verdict.get("detail") or "").split("\n")[0].removeprefix(f"{kind}: ")
        message = " ".join((detail or str(verdict.get("error") or "fewer points than the test can give")).split())[:300]
        key = (kind, NUMBERS.sub("#", message))
        counts[key] += 1
        shown.setdefault(key, message)
    return [(number, key[0], shown[key]) for key, number in counts.most_common(most)]


def spread(values):
    """Return the median, the 95th percentile and the most of numbers; `None` where there are none.

    Args:
        values: Numbers; what is none is passed over.

    Example:
        >>> spread([1, None, 3]), spread([])
        ({'median': 2.0, 'p95': 2.9, 'most': 3.0}, None)
    """
    known = [value for value in values if type(value) in (int, float)]
    if not known:
        return None
    median, p95 = np.percentile(known, [50, 95])
    return {"median": float(median), "p95": round(float(p95), 6), "most": float(max(known))}


def costs(material, slowest=5):
    """Measure what grading took.

    Args:
        material: A `Material`.
        slowest: How many submissions to name.

    Returns:
        `dict` with `notebooks`, a list of `dict` with `notebook`, `seconds`, `student_seconds` and `memory_mb` (each as
        `spread` gives it); `slowest`, a list of `(seconds, memory_mb, student, notebook)`; and `limits`, a `dict` from
        each limit that was hit to the number of notebooks.
    """
    rows, named, limits = [], [], Counter()
    for name in dict.fromkeys(cell.notebook for cell in material.cells):
        results = [result for (_, notebook), result in material.results.items() if notebook == name]
        keys = ("seconds", "student_seconds", "memory_mb")
        rows.append({"notebook": name, **{key: spread([result.get(key) for result in results]) for key in keys}})
    for (student, notebook), result in material.results.items():
        limits.update(str(each)[:60] for each in result.get("limits_hit") or ())
        if type(result.get("seconds")) in (int, float):
            named.append((result["seconds"], result.get("memory_mb"), student, notebook))
    named.sort(key=lambda each: -each[0])
    return {"notebooks": rows, "slowest": named[:slowest], "limits": dict(limits.most_common())}
