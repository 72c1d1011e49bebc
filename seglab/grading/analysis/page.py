"""The analysis of a sheet as one page for instructors: nothing is fetched, nothing runs, every text is escaped."""

import os
from functools import cache
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from seglab.grading.analysis import drawings, similarity, statistics
from seglab.grading.analysis.manifests import drift
from seglab.grading.analysis.reading import read_material
from seglab.grading.feedback.markup import printable
from seglab.grading.jobs import environment
from seglab.grading.records.waiting import KINDS

SECTIONS = (
    ("scores", "Scores"),
    ("questions", "Questions"),
    ("tests", "Failing tests"),
    ("costs", "Time and memory"),
    ("similar", "Similar answers"),
    ("versions", "Versions"),
    ("waiting", "Waiting for a person"),
)


def analyze(course, sheet, *, threshold=0.6, progress=None):
    """Analyze a graded sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        threshold: Share of what two submissions have of their own from which on they are called similar.
        progress: Called with `(done, total, student)` after each student; `None` for silence.

    Returns:
        `dict` of all that the page tells: `sheet`, `most`, `scores`, `questions`, `tests`, `costs`, `pairs` (list of
        `Pair`), `pair_count`, `threshold`, `common`, `drift`, `version_count`, `waiting` and `not_read`.

    Raises:
        InputError: If no submission of the sheet is graded, or `seglab grade` runs.
    """
    material = read_material(course, sheet, progress)
    scores = statistics.scores(material)
    scores |= {"number": len(material.totals), "late": len(material.late)}
    scores["waiting"] = len({each.student for each in material.waiting})
    pairs, number = similarity.similar_pairs(material.answers, material.given, threshold=threshold)
    waiting = {}
    for each in material.waiting:
        why = KINDS[each.kind] if each.question else each.reason
        waiting.setdefault((each.notebook, each.question, why), []).append(each.student)
    return {
        "sheet": sheet,
        "most": material.most,
        "scores": scores,
        "questions": statistics.questions(material),
        "tests": statistics.tests(material),
        "costs": statistics.costs(material),
        "pairs": pairs,
        "pair_count": number,
        "threshold": threshold,
        "common": similarity.common_from(len(material.answers)),
        "drift": drift(material.versions, environment()),
        "version_count": len(material.versions),
        "waiting": waiting,
        "not_read": material.not_read,
    }


def render(facts):
    """Compose the page.

    Args:
        facts: What `analyze` returned.

    Returns:
        HTML text.
    """
    asked = [row for row in facts["questions"] if row["difficulty"] is not None]
    hardest = min(asked, key=lambda row: row["difficulty"])["question"] if asked else ""
    return (
        _template()
        .render(
            **facts,
            sections=SECTIONS,
            hardest=hardest,
            several=len(facts["costs"]["notebooks"]) > 1,
            histogram=drawings.histogram(facts["scores"]["counts"], facts["most"]),
            question_bars=drawings.question_bars(facts["questions"]),
        )
        .lstrip()
    )


def write_page(facts, path):
    """Write the page whole or not at all, for nobody else on the machine to read.

    Args:
        facts: What `analyze` returned.
        path: The file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(render(facts))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@cache
def _template():
    from jinja2 import Environment, StrictUndefined

    own = resources.files("seglab.grading.analysis")
    styles = (resources.files("seglab.grading.feedback").joinpath("page.css"), own.joinpath("page.css"))
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["number"] = lambda value: f"{round(value, 2):g}"
    environment.filters["rounded"] = lambda value, digits: f"{value:.{digits}f}"
    environment.globals["style"] = Markup("".join(each.read_text(encoding="utf-8") for each in styles).strip())
    environment.finalize = lambda value: value if isinstance(value, Markup) else printable(value)
    return environment.from_string(own.joinpath("page.html").read_text(encoding="utf-8"))
