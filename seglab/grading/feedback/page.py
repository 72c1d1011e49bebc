"""The page: what is known and what was written, put into HTML in which nothing but the style is taken as it comes."""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from seglab.grading.feedback.markup import printable, to_html

SIGNS = {
    "passed": "✓",
    "failed": "✗",
    "passed in part": "◐",
    "graded by a person": "✎",
    "no answer": "✗",
    "not graded yet": "…",
    "a person will look at it": "…",
}
"""A sign beside each verdict, for the eye alone."""


def render(facts, notes, parts, key=""):
    """Compose a page.

    Args:
        facts: The `Facts`.
        notes: HTML that says how the notebook was read.
        parts: List of `Part`, `None` where the notebook could not be read.
        key: What the page is known by.

    Returns:
        HTML text.
    """
    places = {part.name: part.place for part in parts or () if part.name}
    return _template().render(facts=facts, notes=notes, parts=parts, key=key, places=places)


def read_key(path):
    """Return what a page is known by, `""` where there is none of ours."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            head = file.read(1000)
    except OSError:
        return ""
    return head.partition('<meta name="seglab-key" content="')[2].partition('"')[0]


@cache
def form():
    """Return a hash of all that makes a page of what is known: other code has all pages written again."""
    files = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".html", ".css"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


@cache
def _template():
    from jinja2 import Environment, StrictUndefined

    page = resources.files("seglab.grading.feedback")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["number"] = lambda value: f"{round(value, 2):g}"
    environment.filters["markdown"] = lambda text: Markup(to_html(text))
    environment.filters["colored"] = _colored
    environment.globals["style"] = Markup(page.joinpath("page.css").read_text(encoding="utf-8").strip())
    environment.globals["verdict"] = _verdict
    environment.finalize = lambda value: value if isinstance(value, Markup) else printable(value)
    return environment.from_string(page.joinpath("page.html").read_text(encoding="utf-8"))


def _verdict(row):
    return Markup('<span aria-hidden="true">{}</span> {}').format(SIGNS[row.verdict], row.verdict)


def _colored(code):
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return Markup(highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n"))
