"""The report's drawings: training curves, confusion matrices, bars per class; each with its claim and alt text."""

import math
from typing import NamedTuple

import numpy as np

from seglab.report.embedding import STYLE, svg_uri
from seglab.report.numbers import finite, gap, listed, number, score
from seglab.report.standings import signed
from seglab.visualization import class_names, show_class_bars, show_confusion, show_curves
from seglab.visualization.bars import class_order
from seglab.visualization.confusion import MAX_COUNTED, percent

PANELS = 5  # models side by side


class Drawing(NamedTuple):
    """One drawing of the report.

    Args:
        uri: Data URI of the SVG.
        alt: What is seen.
        claim: What it shows, a sentence.
    """

    uri: str
    alt: str
    claim: str


def draw_curves(results):
    """Draw training loss and validation mIoU of every model.

    Args:
        results: Dict as in `results.json`.

    Returns:
        `Drawing`, or `None` if no model has a history.
    """
    histories = {model["name"]: model.get("history") or {} for model in results["models"]}
    labels = {"loss": "training loss", "val_mean_iou": "validation mIoU"}
    keys = [key for key in labels if any(finite(history.get(key)) for history in histories.values())]
    if not keys:
        return None
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(5.1 * len(keys), 3.5), layout="constrained")
        for ax, key in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
            show_curves(histories, key, label="", title=_upper(labels[key]), ax=ax)
        uri = svg_uri(figure)
    key = keys[-1]
    ends = {name: finite(history.get(key)) for name, history in histories.items()}
    ends = {name: values for name, values in ends.items() if values}
    steps = {len(values) for values in ends.values()}
    epochs = f"after {max(steps)} epoch{'s' * (max(steps) > 1)}"
    last = f"{epochs} " + listed(f"{name} {values[-1]:.3f}" for name, values in ends.items())
    choose = max if key == "val_mean_iou" else min
    first = choose(ends, key=lambda name: ends[name][-1])
    claim = f"{first} ends with the {'highest validation mIoU' if key == 'val_mean_iou' else 'lowest training loss'}, "
    claim += f"{ends[first][-1]:.3f} {epochs}."
    alt = f"Line chart of {listed(labels[k] for k in keys)} by epoch. {_upper(labels[key])} {last}."
    return Drawing(uri, alt, claim)


def _upper(text):
    return text[0].upper() + text[1:]


def draw_confusions(results):
    """Draw the confusion matrix of every model that has one.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of `(model name, Drawing)`.
    """
    names = class_names(results["data"]["classes"])
    drawn = []
    for model in results["models"]:
        if model.get("confusion") is None:
            continue
        confusion = np.asarray(model["confusion"], np.int64)
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        with rc_context(STYLE):
            count = len(names)
            side = max(1.7, (0.54 if count <= 5 else 0.47 if count <= MAX_COUNTED else 0.36) * count)
            figure = Figure(figsize=(side + 1.1, side * 0.86 + (0.6 if count <= 5 else 1.0)), layout="constrained")
            show_confusion(confusion, names, ax=figure.add_subplot())
            uri = svg_uri(figure)
        totals = confusion.sum(axis=1)
        right = listed(f"{name} {percent(confusion[i, i] / totals[i])}" for i, name in enumerate(names) if totals[i])
        alt = f"Confusion matrix of {model['name']}, rows are true classes. Found: {right}."
        drawn.append((model["name"], Drawing(uri, alt, _worst_mix(confusion, names))))
    return drawn


def _worst_mix(confusion, names):
    """Name the largest share of a true class that went to one other class."""
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.where(totals > 0, confusion / np.maximum(totals, 1), 0.0)
    np.fill_diagonal(shares, 0)
    row, col = np.unravel_index(shares.argmax(), shares.shape)
    if not shares[row, col]:
        return "No pixel is of the wrong class."
    return f"{percent(shares[row, col])} of {names[row]} is taken for {names[col]}."


def draw_bars(results):
    """Draw the IoU of each class, one panel per model, with the gain over the baseline.

    Args:
        results: Dict as in `results.json`.

    Returns:
        `Drawing`, or `None` if no model has an IoU per class.
    """
    names = class_names(results["data"]["classes"])
    measured = {model["name"]: [number(v) for v in model["iou"]] for model in results["models"] if model.get("iou")}
    if not measured:
        return None
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    floor = (results.get("baseline") or {}).get("iou")
    order = class_order(list(measured.values()), len(names))
    wide = min(PANELS, len(measured))
    high = math.ceil(len(measured) / wide)
    with rc_context(STYLE):
        figure = Figure(figsize=(1.2 + 1.9 * wide, high * (0.75 + 0.27 * len(names))), layout="constrained")
        grid = figure.subplots(high, wide, squeeze=False)
        for place, ax in enumerate(grid.flat):
            if place >= len(measured):
                ax.set_visible(False)
                continue
            name = list(measured)[place]
            show_class_bars({name: measured[name]}, names, baseline=floor, order=order, title=name, ax=ax)
            if place % wide:
                ax.tick_params(axis="y", labelleft=False)
        uri = svg_uri(figure)
    last = max(measured, key=lambda name: number(_model(results, name).get("mean_iou", -1)))
    values = listed(f"{names[k]} {score(measured[last][k], 2)}" for k in order)
    alt = f"Bars of the IoU of each class, one panel for each of {listed(measured)}. {last}: {values}."
    return Drawing(uri, alt, _bars_claim(measured, last, floor, names))


def _bars_claim(measured, name, floor, names):
    if not floor:
        return f"{name} is best at {names[int(np.nanargmax(measured[name]))]}." if finite(measured[name]) else ""
    gains = [(gap(value, low, 2), klass) for value, low, klass in zip(measured[name], floor, names, strict=True)]
    gains = [item for item in gains if math.isfinite(item[0])]
    if not gains:
        return ""
    (most, top), (least, bottom) = max(gains), min(gains)
    if len(gains) == 1:
        return f"{name} gains {signed(most)} on {top}."
    return f"{name} gains most on {top} ({signed(most)}) and least on {bottom} ({signed(least)})."


def _model(results, name):
    return next(model for model in results["models"] if model["name"] == name)
