"""The verdict in words: which model is best, what it gains over the baseline, which classes are missed.

Each function takes the results and their models, best first, and returns `(claim, detail)`, or `None` where the
numbers that it needs are missing.
"""

import math

from seglab.report.numbers import gap, listed, number, score
from seglab.report.standings import SMALL, always, level, signed, with_score
from seglab.visualization.overlay import class_names

MISSED = 0.1  # IoU below which a class counts as missed
NAMED = 6  # classes up to which each is named in a sentence


def lead(_results, models):
    """Tell which model is best, and whether the lead is more than chance."""
    best = models[0]
    if len(models) == 1:
        return f"{best['name']} is the only model measured.", f"Its dataset mIoU is {score(best['mean_iou'])}."
    detail = f"In order of dataset mIoU: {with_score(models)}.{_wins(best, models[1])}"
    first = level(models)
    if len(first) > 1:
        return (
            f"{listed(model['name'] for model in first)} are level: less than {SMALL} of dataset mIoU separates them, "
            "too little for one run with one seed to rank them.",
            detail,
        )
    ahead = gap(best["mean_iou"], models[1]["mean_iou"])
    return (
        f"{best['name']} is the best model: its dataset mIoU of {score(best['mean_iou'])} is {ahead:.3f} above "
        f"{models[1]['name']}, the next one.",
        detail,
    )


def _wins(best, second):
    """Count the images on which the best model beats the next one: a lead may rest on a few images."""
    ours, theirs = best.get("image_mean_iou") or [], second.get("image_mean_iou") or []
    if len(ours) != len(theirs):
        return ""
    pairs = [(a, b) for a, b in zip(map(number, ours), map(number, theirs), strict=True) if math.isfinite(a + b)]
    if not pairs:
        return ""
    wins, losses = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    return (
        f" {best['name']} scores above {second['name']} on {wins} of {len(pairs)} test images and below it on "
        f"{losses or 'none'}."
    )


def gain(results, models):
    """Tell what each model gains over predicting the commonest class, and the best model in each class."""
    base = results.get("baseline")
    floor = number(base.get("mean_iou")) if base else math.nan
    if not math.isfinite(floor):
        return None
    gains = [(model["name"], gap(model["mean_iou"], floor)) for model in models]
    behind = [f"{name} ({signed(value, 3)})" for name, value in gains if value <= 0]
    baseline = f"{always(base)} (dataset mIoU {score(floor)})"
    if len(behind) == len(gains) > 1:
        claim = f"No model beats {baseline}: {listed(behind)}."
    elif behind:
        claim = f"{listed(behind)} {'does' if len(behind) == 1 else 'do'} not beat {baseline}."
    elif len(gains) == 1:
        claim = f"{gains[0][0]} beats {baseline} by {gains[0][1]:.3f}."
    else:
        (most, high), (least, low) = gains[0], gains[-1]
        claim = (
            f"Every model beats {baseline}: by {low:.3f} ({least}) at the least and by {high:.3f} ({most}) at the most."
        )
    barely = [name for name, value in gains if 0 < value < SMALL]
    detail = f"For {listed(barely)} the gain is below {SMALL}, next to nothing. " if barely else ""
    return claim, detail + _class_gains(results, models[0], base)


def _class_gains(results, best, base):
    """Name the gain of each class, or of the three largest and smallest where there are many."""
    names = class_names(results["data"]["classes"])
    pairs = zip(names, best.get("iou") or (), base.get("iou") or (), strict=False)
    gains = [(gap(value, floor, 2), name) for name, value, floor in pairs]
    gains = sorted((item for item in gains if math.isfinite(item[0])), key=lambda item: -item[0])
    if not gains:
        return ""

    def written(items):
        return listed(f"{signed(value)} on {name}" for value, name in items)

    if len(gains) <= NAMED:
        return f"In IoU, {best['name']} gains {written(gains)}."
    return f"In IoU, {best['name']} gains most with {written(gains[:3])}, and least with {written(gains[-3:])}."


def classes(results, models):
    """Tell which classes every model misses, which ones some models miss, and which ones never occur."""
    names = class_names(results["data"]["classes"])
    scored = [model for model in models if model.get("iou")]
    reached = {}  # class -> (best IoU of any model, that model)
    for index, name in enumerate(names):
        found = [(number(model["iou"][index]), model["name"]) for model in scored]
        found = [item for item in found if math.isfinite(item[0])]
        if found:
            reached[name] = max(found, key=lambda item: item[0])
    if not reached:
        return None
    missed = [name for name in reached if reached[name][0] < MISSED]
    alone = len(scored) == 1
    if missed:
        subject = f"{scored[0]['name']} misses" if alone else "Every model misses"
        claim = f"{subject} {listed(missed)} (IoU below {MISSED})."
    else:
        name, (value, model) = min(reached.items(), key=lambda item: item[1][0])
        subject = f"{scored[0]['name']} misses no class" if alone else "No class is missed by every model"
        claim = f"{subject}; the hardest is {name}, where the best IoU is {score(value)} ({model})."
    lines = [] if alone else _missed_by_some(names, scored, missed)
    absent = [name for name in names if name not in reached]
    if absent:
        lines.append(f"Absent from truth and predictions, and so from every mean: {listed(absent)}.")
    return claim, " ".join(lines)


def _missed_by_some(names, models, missed):
    """Say which models miss which further classes; models that miss the same ones share a sentence."""
    groups = {}
    for model in models:
        own = tuple(
            name
            for name, value in zip(names, model["iou"], strict=True)
            if number(value) < MISSED and name not in missed
        )
        if own:
            groups.setdefault(own, []).append(model["name"])
    limit = "" if missed else f" (IoU below {MISSED})"
    return [
        f"{listed(who)} {'also ' if missed else ''}{'misses' if len(who) == 1 else 'miss'} "
        f"{listed(own) if len(own) <= NAMED else f'{len(own)} of {len(names)} classes'}{limit}."
        for own, who in groups.items()
    ]
