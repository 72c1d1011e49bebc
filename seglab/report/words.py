"""What the numbers say, in sentences computed from them: nothing here knows which model should win."""

import math

from seglab.report import lessons, verdict
from seglab.report.numbers import listed, number, score
from seglab.report.standings import always, level, ranked

SUBJECTS = (
    ("Best model", verdict.lead),
    ("Against the baseline", verdict.gain),
    ("Class by class", verdict.classes),
    ("Pixel accuracy", lessons.accuracy),
    ("Outlines", lessons.boundary),
    ("Skips", lessons.skips),
    ("FCN fusion", lessons.fusion),
    ("Image by image", lessons.per_image),
    ("Cost", lessons.cost),
)


def headline(results):
    """Answer in one sentence which model is best, and whether it beats the baseline.

    Args:
        results: Dict as in `results.json`.

    Returns:
        A string.

    Example:
        >>> headline({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "mean_iou": 0.8}]})
        'U-Net has a dataset mIoU of 0.800.'
    """
    models, base = ranked(results), results.get("baseline")
    if not models:
        return "No model has a dataset mIoU."
    best, top = models[0]["name"], models[0]["mean_iou"]
    floor = number(base.get("mean_iou")) if base else math.nan
    if top <= floor:
        who = "No model beats" if len(models) > 1 else f"{best} does not beat"
        other = f"the best of them, {best}, has" if len(models) > 1 else "it has"
        return f"{who} {always(base)} (dataset mIoU {score(floor)}): {other} {score(top)}."
    first = level(models)
    if len(models) == 1:
        text = f"{best} has a dataset mIoU of {score(top)}"
    elif len(first) == 1:
        text = f"{best} is the best of {len(models)} models, with a dataset mIoU of {score(top)}"
    else:
        text = (
            f"{listed(model['name'] for model in first)} are level at the top, with a dataset mIoU near {score(top, 2)}"
        )
    return text + (f"; {always(base)} has {score(floor)}." if math.isfinite(floor) else ".")


def conclusions(results):
    """Say what the numbers show: who is best, by how much, at what cost, and where a number misleads.

    Args:
        results: Dict as in `results.json`; missing parts are passed over.

    Returns:
        List of strings of one or more complete sentences.

    Example:
        >>> conclusions({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "mean_iou": 0.8}]})
        ['U-Net is the only model measured. Its dataset mIoU is 0.800.']
    """
    return [f"{claim} {detail}".strip() for _, claim, detail in findings(results)]


def findings(results):
    """Say what the numbers show, each finding as its subject, its claim and the numbers behind it.

    Args:
        results: Dict as in `results.json`; missing parts are passed over.

    Returns:
        List of `(subject, claim, detail)`; claim and detail are complete sentences, `detail` may be empty.

    Example:
        >>> findings({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "mean_iou": None}]})
        [('Best model', 'No model has a dataset mIoU, so none can be called best.', '')]
    """
    models = ranked(results)
    if not models:
        return [("Best model", "No model has a dataset mIoU, so none can be called best.", "")]
    found = ((subject, tell(results, models)) for subject, tell in SUBJECTS)
    return [(subject, *finding) for subject, finding in found if finding is not None]
