"""The results as one table: rows of cells with the best of each column marked, and plain text for a terminal."""

import math
from typing import NamedTuple

from seglab.report.numbers import amount, count, number, score
from seglab.visualization.overlay import class_names

WIDTH = 120
MAX_INLINE = 4  # classes up to which their IoU fits beside the other numbers


class Cell(NamedTuple):
    """One entry of a table.

    Args:
        text: What is printed.
        best: Whether it is the best of its column.
    """

    text: str
    best: bool


class Column(NamedTuple):
    """One column of a table.

    Args:
        title: Heading in full.
        short: Heading in two lines for a terminal.
        cells: One `Cell` per row.
    """

    title: str
    short: tuple
    cells: list


SCORES = (  # key, heading, heading in two lines
    ("mean_dice", "Dice", ("", "Dice")),
    ("pixel_accuracy", "Pixel accuracy", ("pixel", "acc.")),
    ("mean_pixel_accuracy", "Mean pixel accuracy", ("mean", "acc.")),
    ("mean_boundary_iou", "Boundary IoU", ("bound.", "IoU")),
)
COSTS = (
    ("parameters", "Parameters", ("param-", "eters"), count),
    ("seconds_to_train", "Training time, s", ("train", "s"), amount),
    ("ms_per_image", "ms per image", ("ms per", "image"), amount),
)


def row_names(results):
    """Name the rows: the baseline, if there is one, then the models.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of strings.

    Example:
        >>> row_names({"baseline": {"class": "sky"}, "models": [{"name": "U-Net"}]})
        ['always sky', 'U-Net']
    """
    base = results.get("baseline")
    return ([f"always {base['class']}"] if base else []) + [model["name"] for model in results["models"]]


def _rows(results):
    base = results.get("baseline")
    return ([base] if base else []) + list(results["models"])


def columns(results):
    """Lay out every number but the IoU of each class.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of `Column`: dataset mIoU, the other scores, the costs. The baseline has no costs.

    Example:
        >>> columns({"models": [{"name": "U-Net", "mean_iou": 0.5}]})[0].cells
        [Cell(text='0.500', best=False)]
    """
    rows = _rows(results)
    table = [_scores("Dataset mIoU", ("dataset", "mIoU"), [row.get("mean_iou") for row in rows])]
    table += [_scores(title, short, [row.get(key) for row in rows]) for key, title, short in SCORES]
    for key, title, short, write in COSTS:
        costs = [None if row is results.get("baseline") else row.get(key) for row in rows]
        table.append(Column(title, short, _marked([write(value) for value in costs], costs, min)))
    return table


def class_columns(results):
    """Lay out the IoU of each class.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of `Column`, one per class in index order.

    Example:
        >>> results = {"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "iou": [0.5, None]}]}
        >>> [column.cells[0].text for column in class_columns(results)]
        ['0.500', 'n/a']
    """
    names, rows = class_names(results["data"]["classes"]), _rows(results)
    return [
        _scores(name, ("IoU", name), [(row.get("iou") or [None] * len(names))[index] for row in rows])
        for index, name in enumerate(names)
    ]


def _scores(title, short, values):
    return Column(title, short, _marked([score(value) for value in values], values, max))


def _marked(texts, values, choose):
    """Mark the best text; equal texts are equally good, and one row alone has nothing to be better than."""
    ranked = [(number(value), text) for value, text in zip(values, texts, strict=True) if math.isfinite(number(value))]
    best = choose(ranked)[1] if len(ranked) > 1 else None
    return [Cell(text, text == best) for text in texts]


def table(results):
    """Return the table of all numbers as rows of cells.

    Args:
        results: Dict as in `results.json`.

    Returns:
        List of rows: first the headings as strings, then one row per baseline and model; its first entry is the
        name, the others are `Cell`s.

    Example:
        >>> rows = table({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "iou": [0.6, 0.4]}]})
        >>> rows[0][:4], rows[1][:3]
        (['Model', 'Dataset mIoU', 'a', 'b'], ['U-Net', Cell(text='n/a', best=False), Cell(text='0.600', best=False)])
    """
    first, *rest = columns(results)
    laid = [first, *class_columns(results), *rest]
    body = [[name, *(column.cells[row] for column in laid)] for row, name in enumerate(row_names(results))]
    return [["Model", *(column.title for column in laid)], *body]


def format_table(results):
    """Write the table for a terminal; with more than four classes, their IoU follows in a block of its own.

    Args:
        results: Dict as in `results.json`.

    Returns:
        Lines of text, at most 120 columns wide with up to four classes.

    Example:
        >>> models = [{"name": "FCN", "mean_iou": 0.5, "iou": [0.6, 0.4]}, {"name": "U-Net", "mean_iou": 0.7}]
        >>> text = format_table({"data": {"classes": ["a", "b"]}, "models": models})
        >>> text.splitlines()[4].split()[:4]
        ['U-Net', '0.700*', 'n/a', 'n/a']
    """
    first, *rest = columns(results)
    classes = class_columns(results)
    names = row_names(results)
    inline = len(classes) <= MAX_INLINE
    blocks = [_block(names, [first, *classes, *rest] if inline else [first, *rest])]
    if not inline:
        blocks.append("IoU of each class\n" + _block([c.title for c in classes], _turned(classes, names)))
    legend = []
    if any(cell.best for column in [first, *rest, *classes] for cell in column.cells):
        legend.append("* best of its column" if inline else "* best of its column, below of its row")
    if results.get("baseline"):
        legend.append(f"{names[0]}: the baseline, one class for every pixel")
    return "\n\n".join([*blocks, *(["; ".join(legend)] if legend else [])])


def _turned(classes, names):
    """Make models the columns of a long list of classes; a name of several words takes two lines."""
    turned = []
    for row, name in enumerate(names):
        words = name.split()
        half = (len(words) + 1) // 2
        short = (" ".join(words[:half]), " ".join(words[half:])) if len(words) > 1 else ("", name)
        turned.append(Column(name, short, [column.cells[row] for column in classes]))
    return turned


def _block(names, laid):
    """Align one block: names left, numbers right with a place for the mark; headings shrink until the block fits."""
    texts = [[cell.text + ("*" if cell.best else " ") for cell in column.cells] for column in laid]
    for limit in range(24, 5, -1):
        heads = [[_cut(line, limit) for line in column.short] for column in laid]
        widths = [max(map(len, [*(f"{h} " for h in head), *text])) for head, text in zip(heads, texts, strict=True)]
        left = max(5, *(len(_cut(name, max(limit, 20))) for name in names))
        if left + sum(widths) + len(widths) <= WIDTH:
            break
    lines = [
        " " * left + "".join(f" {head[0] + ' ':>{width}}" for head, width in zip(heads, widths, strict=True)),
        f"{'':{left}}" + "".join(f" {head[1] + ' ':>{width}}" for head, width in zip(heads, widths, strict=True)),
    ]
    lines.append("-" * (left + sum(widths) + len(widths)))
    for row, name in enumerate(names):
        cells = "".join(f" {text[row]:>{width}}" for text, width in zip(texts, widths, strict=True))
        lines.append(f"{_cut(name, max(limit, 20)):{left}}{cells}")
    return "\n".join(line.rstrip() for line in lines)


def _cut(text, limit):
    return text if len(text) <= limit else text[: limit - 1] + "…"
