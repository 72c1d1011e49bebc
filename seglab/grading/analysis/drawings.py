"""Drawings of an analysis as SVG inside the page: no file, no script, the page's own colors."""

from markupsafe import Markup

WIDTH = 640
LABEL = 210  # left of the bars, for names
WEAK = 0.2  # discrimination below which a question tells little


def histogram(counts, most):
    """Draw how many submissions reached which share of the points.

    Args:
        counts: Numbers of equal parts from 0 to 100 percent.
        most: Points of the sheet.

    Returns:
        SVG; each bar carries its number.
    """
    top, height, bottom = 24, 180, 44
    largest, step = max([*counts, 1]), WIDTH / len(counts)
    parts = []
    for place, count in enumerate(counts):
        tall = height * count / largest
        left, y = place * step, top + height - tall
        parts.append(_rect(left + 3, y, step - 6, tall))
        if count:
            parts.append(_text(left + step / 2, y - 5, count, "middle"))
    parts.append(Markup('<path class="axis" d="M0 {0}H{1}"/>').format(top + height, WIDTH))
    for place in range(len(counts) + 1):
        anchor = "start" if place == 0 else "end" if place == len(counts) else "middle"
        parts.append(_text(place * step, top + height + 17, f"{most * place / len(counts):g}", anchor))
    parts.append(_text(WIDTH / 2, top + height + 38, "points", "middle"))
    full = sum(counts)
    peak = counts.index(largest) if full else 0
    said = (
        f"Bars over {len(counts)} equal parts of 0 to {most:g} points. The tallest, {counts[peak]} of {full} "
        f"submissions, stands over {most * peak / len(counts):g} to {most * (peak + 1) / len(counts):g} points."
    )
    return _svg("histogram", "How many submissions reached how many points", said, top + height + bottom, parts)


def question_bars(rows):
    """Draw difficulty and discrimination of questions side by side.

    Args:
        rows: What `statistics.questions` returned.

    Returns:
        SVG; each bar carries its number, a dashed line marks a weak discrimination.
    """
    line, top = 26, 40
    room = (WIDTH - LABEL - 90) / 2
    right = LABEL + room + 60
    end = top + len(rows) * line
    mark = Markup('<path class="mark" d="M{0} {1}V{2}"/>').format(f"{right + WEAK * room:g}", top - 12, end)
    parts = [mark, _text(LABEL, 16, "mean share of the points"), _text(right, 16, "discrimination, 0 to 1")]
    for number, row in enumerate(rows):
        y = top + number * line
        parts.append(_text(LABEL - 8, y + 14, shorten(row["question"]), "end"))
        columns = ((LABEL, row["difficulty"], "{:.0%}", 0), (right, row["discrimination"], "{:.2f}", WEAK))
        for left, value, form, least in columns:
            share = min(max(value or 0, 0), 1)
            parts.append(_rect(left, y, room * share, 18))
            written = "n/a" if value is None else form.format(value)
            parts.append(_text(left + room * max(share, least) + 5, y + 14, written))  # behind the dashed line
    for left in (LABEL, right):
        parts.append(Markup('<path class="axis" d="M{0} {1}V{2}"/>').format(f"{left:g}", top - 6, end))
    said = "; ".join(
        f"{row['question']}: share {_said(row['difficulty'])}, discrimination {_said(row['discrimination'])}"
        for row in rows
    )
    return _svg("questions", "Difficulty and discrimination of each question", said, end + 8, parts)


def shorten(text, most=32):
    """Cut a text to a number of characters.

    Example:
        >>> shorten("Question", 5)
        'Ques…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def _said(value):
    return "n/a" if value is None else f"{value:.2f}"


def _rect(x, y, width, height):
    facts = (f"{each:.1f}" for each in (x, y, width, height))
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(*facts)


def _text(x, y, text, anchor="start"):
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(f"{x:.1f}", f"{y:.1f}", anchor, text)


def _svg(name, title, said, height, parts):
    head = Markup(
        '<svg viewBox="0 0 {0} {1}" role="img" aria-labelledby="{2}-title {2}-said">\n'
        '<title id="{2}-title">{3}</title>\n<desc id="{2}-said">{4}</desc>\n'
    ).format(WIDTH, f"{height:g}", name, title, said)
    return head + Markup("\n").join(parts) + Markup("\n</svg>")
