"""What the comparison teaches, in words: where a number misleads, what a part of a network buys, what it costs.

Each function takes the results and their models, best first, and returns `(claim, detail)`, or `None` where the
numbers that it needs are missing.
"""

import itertools
import math

from seglab.report.numbers import amount, count, finite, gap, listed, number, score
from seglab.report.standings import SMALL, always, with_score

TRAP = 0.15  # gap between pixel accuracy and mIoU from which accuracy misleads


def _percent(share):
    return f"{100 * share:.1f}%"


def accuracy(results, models):
    """Tell how far pixel accuracy and mIoU are apart, and what the baseline already gets right."""
    measured = [model for model in models if math.isfinite(number(model.get("pixel_accuracy")))]
    if not measured:
        return None
    worst = max(measured, key=lambda model: abs(model["pixel_accuracy"] - model["mean_iou"]))
    name, right, overlap = worst["name"], worst["pixel_accuracy"], worst["mean_iou"]
    if abs(right - overlap) < TRAP:
        claim = f"Pixel accuracy and dataset mIoU tell the same story here: they are furthest apart for {name}, "
        claim += f"{score(right)} against {score(overlap)}."
    elif right > overlap:
        claim = f"Pixel accuracy flatters: {name} gets {_percent(right)} of the pixels right, but its dataset mIoU is "
        claim += f"{score(overlap)}."
    else:
        claim = (
            f"Pixel accuracy is the stricter number here: {score(right)} for {name}, against {score(overlap)} of mIoU."
        )
    detail = []
    base = results.get("baseline")
    if base and math.isfinite(number(base.get("pixel_accuracy"))):
        start = always(base)
        text = f"{start[0].upper()}{start[1:]} already gets {_percent(base['pixel_accuracy'])} right"
        behind = [model["name"] for model in measured if model["pixel_accuracy"] <= base["pixel_accuracy"]]
        text += f", which {listed(behind)} {'does' if len(behind) == 1 else 'do'} not reach." if behind else "."
        detail.append(text)
    if len(measured) > 1:
        spans = [
            max(model[key] for model in measured) - min(model[key] for model in measured)
            for key in ("pixel_accuracy", "mean_iou")
        ]
        detail.append(f"The models span {spans[0]:.3f} in pixel accuracy and {spans[1]:.3f} in dataset mIoU.")
    return claim, " ".join(detail)


def boundary(_results, models):
    """Tell how much worse the outlines are than the areas, and whether they change the order."""
    measured = [model for model in models if math.isfinite(number(model.get("mean_boundary_iou")))]
    if not measured:
        return None
    best = measured[0]
    area, edge = score(best["mean_iou"]), score(best["mean_boundary_iou"])
    if gap(best["mean_iou"], best["mean_boundary_iou"]) >= SMALL:
        claim = (
            f"Outlines are harder than areas: {best['name']} has a dataset mIoU of {area}, a boundary IoU of {edge}."
        )
    else:
        claim = f"{best['name']} is as good at outlines as at areas: boundary IoU {edge}, dataset mIoU {area}."
    if len(measured) == 1:
        return claim, ""
    leader = max(measured, key=lambda model: model["mean_boundary_iou"])
    lost = max(measured, key=lambda model: model["mean_iou"] - model["mean_boundary_iou"])
    if leader is best:
        detail = f"{best['name']} leads by boundary IoU, too."
    else:
        detail = (
            f"By boundary IoU {leader['name']} leads with {score(leader['mean_boundary_iou'])}, not {best['name']}."
        )
    drop = gap(lost["mean_iou"], lost["mean_boundary_iou"])
    if drop >= SMALL:
        detail += f" From mIoU to boundary IoU, {lost['name']} loses most, {drop:.3f}."
    return claim, detail


def skips(_results, models):
    """Tell what U-Net's skips buy, where both networks were measured."""
    named = {model["name"]: model for model in models}
    if not {"U-Net", "U-Net without skips"} <= set(named):
        return None
    full, bare = named["U-Net"], named["U-Net without skips"]
    bought = gap(full["mean_iou"], bare["mean_iou"])
    pair = f"U-Net has {score(full['mean_iou'])} with them and {score(bare['mean_iou'])} without"
    if abs(bought) < SMALL:
        claim = f"Skips make no difference in dataset mIoU that one run could show: {pair}."
    elif bought > 0:
        claim = f"Skips buy {bought:.3f} of dataset mIoU: {pair}."
    else:
        claim = f"Skips cost {-bought:.3f} of dataset mIoU here: {pair}."
    detail = []
    moved = gap(full.get("mean_boundary_iou"), bare.get("mean_boundary_iou"))
    if math.isfinite(moved):
        word = f"{'adds' if moved > 0 else 'takes'} {abs(moved):.3f}" if moved else "leaves boundary IoU as it is"
        detail.append(f"At the outlines a skip {word}{' of boundary IoU' if moved else ''}.")
    weights = [number(model.get("parameters")) for model in (full, bare)]
    if all(map(math.isfinite, weights)) and weights[1] > 0:
        more = (weights[0] - weights[1]) / weights[1]
        detail.append(f"With skips, U-Net has {abs(more):.0%} {'more' if more >= 0 else 'fewer'} parameters.")
    return claim, " ".join(detail)


def fusion(_results, models):
    """Tell whether each finer fusion of the FCN family helps."""
    named = {model["name"]: model for model in models}
    family = [named[name] for name in ("FCN-32s", "FCN-16s", "FCN-8s") if name in named]
    if len(family) < 2:
        return None
    steps = [gap(fine["mean_iou"], coarse["mean_iou"]) for coarse, fine in itertools.pairwise(family)]
    if all(step >= SMALL for step in steps):
        claim = "Each finer fusion helps the FCN"
    elif all(step < SMALL for step in steps):
        claim = "Finer fusion does not help the FCN here"
    else:
        claim = "Finer fusion helps the FCN in one step, not in the other"
    return f"{claim}: dataset mIoU {with_score(family)}.", ""


def per_image(_results, models):
    """Tell how image mIoU and dataset mIoU differ, and how far images differ."""
    best = next((model for model in models if finite(model.get("image_mean_iou"))), None)
    if best is None:
        return None
    scores = sorted(finite(best["image_mean_iou"]))
    mean = sum(scores) / len(scores)
    moved = gap(mean, best["mean_iou"])
    distance = f"{abs(moved):.3f} {'above' if moved > 0 else 'below'}" if moved else "equal to"
    claim = f"Averaged over images, {best['name']} has an mIoU of {score(mean)}, {distance} its dataset mIoU."
    detail = "Image mIoU weighs every image alike, dataset mIoU every pixel of a class, so compare like with like."
    if len(scores) > 2:
        middle = (scores[(len(scores) - 1) // 2] + scores[len(scores) // 2]) / 2
        spread = (
            f"Single images range from {score(scores[0])} to {score(scores[-1])}, with a median of {score(middle)}. "
        )
        detail = spread + detail
    return claim, detail


def cost(_results, models):
    """Tell what the best model costs, and what the fastest gives up."""
    best = models[0]
    parts = [
        text
        for key, text in (
            ("parameters", f"{count(best.get('parameters'))} parameters"),
            ("seconds_to_train", f"{amount(best.get('seconds_to_train'))} s of training"),
            ("ms_per_image", f"{amount(best.get('ms_per_image'))} ms per image"),
        )
        if math.isfinite(number(best.get(key)))
    ]
    if not parts:
        return None
    claim = f"{best['name']} costs {listed(parts)}."
    timed = [model for model in models if number(model.get("ms_per_image")) > 0]
    if best not in timed or len(timed) < 2:
        return claim, ""
    fastest = min(timed, key=lambda model: model["ms_per_image"])
    if fastest is best:
        return claim, "No other model is faster per image."
    factor = best["ms_per_image"] / fastest["ms_per_image"]
    given = gap(best["mean_iou"], fastest["mean_iou"])
    return claim, (
        f"The fastest, {fastest['name']}, needs {amount(fastest['ms_per_image'])} ms ({best['name']} takes "
        f"{factor:.1f} times as long) and gives up {given:.3f} of dataset mIoU."
    )
