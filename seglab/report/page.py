"""The report as one HTML page: no script, no request, every picture inside."""

import html
import os
from importlib import resources
from pathlib import Path

from seglab.report import drawings, method, pictures
from seglab.report.embedding import image_tag
from seglab.report.numbers import score
from seglab.report.reading import check_pictures, check_results
from seglab.report.tables import MAX_INLINE, class_columns, columns, row_names
from seglab.report.words import findings, headline

SECTIONS = (
    ("words", "What the numbers say"),
    ("numbers", "All numbers"),
    ("training", "How training went"),
    ("gallery", "What the models see"),
    ("errors", "Where the models are wrong"),
    ("method", "How this was measured"),
)


def write_report(results, gallery, path):
    """Write one self-contained HTML page about a comparison of models.

    Args:
        results: Dict as in `results.json`. Only class names and named models are required; what else is missing, or
            `None`, reads "n/a" or is left out.
        gallery: Dict of the arrays `images` uint8 `(N, H, W, 3)`, `labels` uint8 `(N, H, W)` and `predictions` uint8
            `(M, N, H, W)`, models in the order of the results; `None` or empty for a report without pictures.
        path: The HTML file. It is replaced only when the new page is complete.

    Raises:
        InputError: If the results or the gallery lack a part, or parts do not fit together.

    Example:
        >>> import pathlib, tempfile
        >>> page = pathlib.Path(tempfile.mkdtemp()) / "report.html"
        >>> write_report({"data": {"classes": ["a", "b"]}, "models": [{"name": "U-Net", "mean_iou": 0.8}]}, {}, page)
        >>> "U-Net has a dataset mIoU of 0.800." in page.read_text(encoding="utf-8")
        True
    """
    check_results(results)
    check_pictures(results, gallery)
    text = render(results, gallery)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def render(results, gallery):
    """Compose the page.

    Args:
        results: Dict as in `results.json`.
        gallery: Dict of arrays as `write_report` takes it.

    Returns:
        The HTML text.
    """
    album = pictures.Album(results, gallery) if gallery and len(gallery["labels"]) else None
    numbered = _Figures()
    bodies = {
        "words": _words(results),
        "numbers": _numbers(results),
        "training": _training(results, numbered),
        "gallery": _gallery(album, numbered),
        "errors": _errors(results, album, numbered),
        "method": _method(results),
    }
    title = html.escape(str(results.get("title") or "Comparison of models"))
    style = resources.files("seglab.report").joinpath("report.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading in SECTIONS)
    sections = "\n".join(
        f'<section id="{name}">\n<h2>{heading}</h2>\n{bodies[name]}\n</section>' for name, heading in SECTIONS
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p class="answer">{html.escape(headline(results))}</p>
<nav aria-label="Sections"><ol>{links}</ol></nav>
</header>
{sections}
</main>
</body>
</html>
"""


class _Figures:
    """Numbers the figures in the order in which they are written."""

    def __init__(self):
        self.last = 0

    def __call__(self, body, claim, text="", kind=""):
        self.last += 1
        caption = f'<b class="number">Figure {self.last}.</b> <strong>{html.escape(claim)}</strong> {html.escape(text)}'
        return f'<figure class="{kind}">\n{body}\n<figcaption>{caption.strip()}</figcaption>\n</figure>'


def _words(results):
    items = "\n".join(
        f"<dt>{html.escape(subject)}</dt><dd><strong>{html.escape(claim)}</strong> {html.escape(detail)}</dd>"
        for subject, claim, detail in findings(results)
    )
    return f'<dl class="findings">\n{items}\n</dl>'


def _scroll(body, label):
    """Let a wide table or drawing scroll sideways on a narrow screen, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">\n{body}\n</div>'


def _numbers(results):
    first, *rest = columns(results)
    classes = class_columns(results)
    names = row_names(results)
    inline = len(classes) <= MAX_INLINE
    laid = [first, *classes, *rest] if inline else [first, *rest]
    base = bool(results.get("baseline"))
    groups = [("", 1), ("IoU of each class", len(classes)), ("", 4), ("Cost", 3)] if inline else [("", 5), ("Cost", 3)]
    about = "Scores of the test split; the best of each column is bold and marked with a star."
    if base:
        about += f" The first row, {names[0]}, is the baseline that every model should beat."
    parts = [_scroll(_table(about, names, laid, groups, base), "All numbers")]
    if not inline:
        about = "IoU of each class over the test split; the best of each class is bold and marked with a star."
        parts.append(_scroll(_class_table(about, names, classes, base), "IoU of each class"))
    return "\n".join(parts)


def _table(caption, names, laid, groups, base):
    over = "".join(
        f'<th colspan="{span}" scope="colgroup" class="group"><span>{name}</span></th>'
        if name
        else f'<td colspan="{span}"></td>'
        for name, span in groups
    )
    heads = "".join(f'<th scope="col">{html.escape(column.title)}</th>' for column in laid)
    rows = "\n".join(
        f'<tr{_row_class(row, base)}><th scope="row">{html.escape(name)}</th>'
        + "".join(_entry(column.cells[row]) for column in laid)
        + "</tr>"
        for row, name in enumerate(names)
    )
    return (
        f"<table>\n<caption>{html.escape(caption)}</caption>\n<thead>\n"
        f'<tr class="groups"><td></td>{over}</tr>\n'
        f'<tr><th scope="col">Model</th>{heads}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
    )


def _class_table(caption, names, classes, base):
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    rows = "\n".join(
        f'<tr><th scope="row">{html.escape(column.title)}</th>' + "".join(map(_entry, column.cells)) + "</tr>"
        for column in classes
    )
    return (
        f"<table>\n<caption>{html.escape(caption)}</caption>\n<thead>\n"
        f'<tr><th scope="col">Class</th>{heads}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
    )


def _row_class(row, base):
    return ' class="baseline"' if base and row == 0 else ""


def _entry(cell):
    text = html.escape(cell.text)
    if not cell.best:
        return f"<td>{text}</td>"
    return f'<td><strong>{text}</strong><span class="star" aria-label="best">★</span></td>'


def _training(results, numbered):
    drawing = drawings.draw_curves(results)
    if drawing is None:
        return "<p>No training history was recorded.</p>"
    body = _scroll(image_tag(drawing.uri, drawing.alt, "wide"), "Training curves")
    return numbered(body, drawing.claim, "Each line is named at its end, with its last value.")


def _gallery(album, numbered):
    if album is None:
        return "<p>No sample images were stored with these results.</p>"
    cases = album.cases()
    if not cases:
        return "<p>No sample image has a pixel that counts.</p>"
    scores = album.scores[album.judge]
    judge = album.names[album.judge]
    best, worst = score(scores[cases[0][0]]), score(scores[cases[-1][0]])
    claim = f"On these images {judge} ranges from an mIoU of {best} down to {worst}."
    if len(cases) == 1:
        claim = f"{judge} has an mIoU of {best} on this image."
    text = f"Sorted by {judge}; under each prediction stands the mIoU of that image, the highest in bold."
    return numbered(pictures.class_legend(album) + pictures.gallery_strips(album), claim, text, "pictures")


def _errors(results, album, numbered):
    parts = []
    if album is not None and album.error_cases():
        klass = album.asked_class()
        if klass is None:
            text = (
                "Objects against background. FP (false positives), FN (false negatives) and wrong class are shares of "
            )
            text += "the counted pixels."
        else:
            name = album.classes[klass]
            why = ", of the larger classes the one on which the models differ most," if len(album.names) > 1 else ""
            text = f"{name}{why} against all others. FP (false positives) and FN (false negatives) are shares of the "
            text += "counted pixels."
        body = pictures.error_legend(album) + pictures.error_strips(album)
        claim = pictures.error_claim(album)
        parts += ["<h3>Error maps</h3>", numbered(body, claim, text[0].upper() + text[1:], "pictures")]
    matrices = drawings.draw_confusions(results)
    if matrices:
        parts.append("<h3>Which class is taken for which</h3>")
        parts.append(
            "<p>Each row is a true class; its cells say to which classes its pixels went, in percent and in pixels.</p>"
        )
        figures = "\n".join(
            numbered(
                _scroll(image_tag(drawing.uri, drawing.alt), f"Confusion matrix of {name}"), f"{name}.", drawing.claim
            )
            for name, drawing in matrices
        )
        size = len(results["data"]["classes"])
        parts.append(f'<div class="matrices {"large" if size > 5 else "small"}">\n{figures}\n</div>')
    bars = drawings.draw_bars(results)
    if bars:
        text = "IoU of each class; a class that is nowhere reads n/a."
        if results.get("baseline"):
            text += " The black tick is the baseline; the gain over it stands in parentheses."
        body = _scroll(image_tag(bars.uri, bars.alt, "wide"), "IoU of each class")
        parts += ["<h3>Class by class</h3>", numbered(body, bars.claim, text)]
    return "\n".join(parts) or "<p>Neither sample images nor a confusion matrix were stored with these results.</p>"


def _method(results):
    def written(pairs):
        entries = "\n".join(f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>" for term, text in pairs)
        return f"<dl>\n{entries}\n</dl>"

    return f"{written(method.facts(results))}\n<h3>The metrics</h3>\n{written(method.METRICS)}"
