"""The report's strips of pictures: image, truth and predictions, and where each prediction is wrong."""

import html

import numpy as np

from seglab.labels import class_colors, colorize
from seglab.report.embedding import image_tag, png_uri, shrink
from seglab.report.numbers import score
from seglab.visualization.confusion import percent
from seglab.visualization.errors import (
    COLORS,
    ERROR_KINDS,
    FN,
    FP,
    IGNORED,
    STRIPE_COLORS,
    TN,
    TP,
    WRONG,
    error_map,
    paint_errors,
)
from seglab.visualization.gallery import image_scores, pick_cases
from seglab.visualization.overlay import as_image, background_class, class_names

CASES = 8
ERROR_CASES = 3
SEEN = 0.02  # share of the pixels from which a class shows in an error map
ERROR_SIDE = 192  # pixels of the longer side from which stripes are seen


class Album:
    """The gallery of a report: its pictures, their scores, and the cases worth showing.

    Args:
        results: Dict as in `results.json`.
        gallery: Dict of the arrays `images` `(N, H, W, 3)`, `labels` `(N, H, W)`, `predictions` `(M, N, H, W)`.
    """

    def __init__(self, results, gallery):
        self.classes = class_names(results["data"]["classes"])
        self.ignore_class = results["data"].get("ignore_class")
        self.names = [str(model["name"]) for model in results["models"]]
        self.images, self.labels, self.predictions = (
            np.asarray(gallery[part]) for part in ("images", "labels", "predictions")
        )
        self.scores = image_scores(self.labels, self.predictions, len(self.classes), ignore_class=self.ignore_class)
        ranking = [model.get("mean_iou") if model.get("mean_iou") is not None else -1 for model in results["models"]]
        # The richest network orders the images; without one of that name, the best model does.
        self.judge = self.names.index("U-Net") if "U-Net" in self.names else int(np.argmax(ranking))
        self.ious = [model.get("iou") for model in results["models"]]

    def cases(self, count=CASES):
        """Choose image indices from the judge's best to its worst, as `(index, name)`."""
        return pick_cases(self.scores[self.judge], count)

    def ignored(self):
        """Say whether any picture has pixels that are not counted."""
        return self.ignore_class is not None and bool((self.labels == self.ignore_class).any())

    def asked_class(self):
        """Choose what error maps ask about: `None` for objects against background, else one class.

        Without a background class, it is the one on which the models differ most, among those large enough to be seen.
        """
        if background_class(self.classes) is not None:
            return None
        table = np.array([[np.nan if v is None else v for v in iou] for iou in self.ious if iou], float)
        counts = np.array([np.sum(self.labels == k) for k in range(len(self.classes))])
        if len(table) < 2:
            return int(counts.argmax())
        spread = np.nan_to_num(table, nan=0).max(axis=0) - np.nan_to_num(table, nan=1).min(axis=0)
        spread[counts < SEEN * counts.sum()] = -1
        return int(spread.argmax())

    def error_cases(self, count=ERROR_CASES):
        """Choose which of the cases get error maps, as `(place among the cases, index, name)`.

        They are the best, the median and the worst; or, if one class is in question, where it is largest.
        """
        cases = self.cases()
        klass = self.asked_class()
        if klass is None:
            wanted = {index for index, _ in self.cases(count)}
        else:
            sizes = {index: int((self.labels[index] == klass).sum()) for index, _ in cases}
            wanted = {index for index in sorted(sizes, key=lambda i: -sizes[i])[:count] if sizes[index]}
        return [(place, *case) for place, case in enumerate(cases, start=1) if case[0] in wanted]

    def errors(self, model, index):
        """Return the error map `(H, W)` of one model on one image."""
        return error_map(
            self.labels[index],
            self.predictions[model, index],
            klass=self.asked_class(),
            background=background_class(self.classes),
            ignore_class=self.ignore_class,
        )


def gallery_strips(album):
    """Write image, truth and every model's labels, a strip per case, with that image's mIoU beneath.

    Args:
        album: `Album`.

    Returns:
        HTML.
    """
    strips = []
    for place, (index, name) in enumerate(album.cases(), start=1):
        cells = _given(album, place, index)
        column = album.scores[:, index]
        best = np.nanmax(column)
        for model, value in enumerate(column):
            text = f"mIoU {score(value)}"
            alt = f"Labels by {album.names[model]} for image {place}, {text}."
            note = f"<strong>{text}</strong>" if value == best and len(column) > 1 else text
            cells.append(_cell(_labels(album, album.predictions[model, index]), alt, album.names[model], note))
        strips.append(_strip("h3", place, name, cells))
    return "\n".join(strips)


def error_strips(album):
    """Write image, truth and every model's error map, a strip per case, with the shares of wrong pixels beneath.

    Args:
        album: `Album`.

    Returns:
        HTML.
    """
    scale = max(1, -(-ERROR_SIDE // max(album.labels.shape[1:])))
    strips = []
    for place, index, name in album.error_cases():
        cells = _given(album, place, index)
        for model, shown in enumerate(album.names):
            kinds = album.errors(model, index)
            counts = np.bincount(kinds.ravel(), minlength=len(ERROR_KINDS))
            shares = counts / max(1, counts.sum() - counts[IGNORED])
            note = f"FP {percent(shares[FP])} · FN {percent(shares[FN])}"
            note += f"<br>wrong class {percent(shares[WRONG])}" if _can_mix(album) else ""
            alt = f"Errors of {shown} in image {place}, in pixels: " + ", ".join(
                f"{kind} {counts[row]:,}" for row, kind in enumerate(ERROR_KINDS) if counts[row]
            )
            uri = png_uri(shrink(paint_errors(kinds, scale=scale), smooth=False))
            cells.append(_cell(uri, f"{alt}.", shown, note.replace("<1", "&lt;1").replace(">99", "&gt;99")))
        strips.append(_strip("h4", place, name, cells))
    return "\n".join(strips)


def error_claim(album):
    """Say which model gets the fewest and which the most pixels of the error maps wrong.

    Args:
        album: `Album`.

    Returns:
        A sentence.
    """
    shares = []
    for model, name in enumerate(album.names):
        counts = np.zeros(len(ERROR_KINDS), int)
        for _, index, _ in album.error_cases():
            counts += np.bincount(album.errors(model, index).ravel(), minlength=len(ERROR_KINDS))
        shares.append((float(counts[[FP, FN, WRONG]].sum() / max(1, counts.sum() - counts[IGNORED])), name))
    (few, least), (many, most) = min(shares), max(shares)
    where = "this image" if len(album.error_cases()) == 1 else f"these {len(album.error_cases())} images"
    text = f"On {where} {least} gets {percent(few)} of the pixels wrong"
    return f"{text}, {most} {percent(many)}." if least != most else f"{text}."


def class_legend(album):
    """Write the legend of the class colors."""
    colors = [*class_colors(len(album.classes)).tolist()]
    entries = [(name, _css(color)) for name, color in zip(album.classes, colors, strict=True)]
    if album.ignored():
        entries.append(("not counted", "#fff"))
    return _legend(entries)


def error_legend(album):
    """Write the legend of the error kinds that can occur."""
    what = "an object" if album.asked_class() is None else album.classes[album.asked_class()]
    meaning = {
        TP: f"true positive: {what}, found",
        TN: f"true negative: not {what}, and not called so" if what != "an object" else "true negative: background",
        FP: f"false positive: called {what}, is not",
        FN: f"false negative: {what}, missed",
        WRONG: "wrong class: an object, found as another one",
        IGNORED: "ignored: not counted",
    }
    kinds = [TP, TN, FP, FN] + [WRONG] * _can_mix(album) + [IGNORED] * album.ignored()
    return _legend([(meaning[kind], _pattern(kind)) for kind in kinds])


def _can_mix(album):
    return album.asked_class() is None and len(album.classes) > 2


def _css(color):
    return "#" + "".join(f"{int(part):02x}" for part in color)


def _pattern(kind):
    """CSS background that looks as `paint_errors` paints the kind."""
    if kind not in STRIPE_COLORS:
        return _css(COLORS[kind])
    angle = 45 if kind == WRONG else 135
    return f"repeating-linear-gradient({angle}deg,{_css(STRIPE_COLORS[kind])} 0 1.5px,{_css(COLORS[kind])} 1.5px 4.5px)"


def _legend(entries):
    items = "".join(
        f'<li><span class="swatch" style="background:{paint}"></span>{html.escape(name)}</li>'
        for name, paint in entries
    )
    return f'<ul class="legend">{items}</ul>'


def _photo(album, index):
    return png_uri(shrink(np.round(as_image(album.images[index]) * 255).astype(np.uint8), smooth=True))


def _labels(album, labels):
    return png_uri(shrink(colorize(labels, len(album.classes), ignore_class=album.ignore_class), smooth=False))


def _mix(album, index):
    """List the classes of an image by share of its pixels, for readers who do not see it."""
    labels = album.labels[index]
    counts = np.bincount(labels.ravel(), minlength=256)[: len(album.classes)]
    shares = sorted(((n / labels.size, name) for n, name in zip(counts, album.classes, strict=True) if n), reverse=True)
    return ", ".join(f"{name} {percent(share)}" for share, name in shares) or "nothing counted"


def _given(album, place, index):
    """The two cells that every strip begins with."""
    shares = _mix(album, index)
    return [
        _cell(_photo(album, index), f"Image {place}.", "Image"),
        _cell(_labels(album, album.labels[index]), f"Truth of image {place}: {shares}.", "Truth"),
    ]


def _cell(uri, alt, name, note=""):
    caption = f'<span class="name">{html.escape(name)}</span>' + (f"<span>{note}</span>" if note else "")
    return f"<li>{image_tag(uri, alt)}{caption}</li>"


def _strip(heading, place, name, cells):
    title = f"Image {place}" + (f", the {name}" if name else "")
    row = f'<ul style="--columns:{len(cells)}">{"".join(cells)}</ul>'
    return f'<div class="strip"><{heading}>{title}</{heading}>{row}</div>'
