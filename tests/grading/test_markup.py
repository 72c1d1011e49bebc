"""No browser runs what a student wrote, once nbconvert has rendered it as nbgrader does."""

import re
from html.parser import HTMLParser

import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from seglab.grading.records.markup import HARMFUL, harmless

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://x/y.png" onerror="alert(1)">',
    "<img src='https://x/y.png' alt=\"a\"onerror=alert(1)>",
    '<b onclick="alert(1)">x</b>',
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='x'></iframe>",
    "<!--><script>alert(1)</script>-->",
    "<?php ?><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>",
    "<\0script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHNjcmlwdD4=)",
    "$\\href{javascript:alert(1)}{x}$",
    '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    "<<script>script>alert(1)</script>",
    "<b\n><img\nsrc=x\nonerror=alert(1)>",
]


class Page(HTMLParser):
    """Collects what a browser could run."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "iframe", "svg", "object", "embed", "style", "link", "meta", "base", "form", "math"):
            self.found.append(tag)
        for name, value in attributes:
            address = re.sub(r"\s", "", value or "").lower()
            if name.startswith("on") or (name in ("href", "src") and address.startswith(HARMFUL)):
                self.found.append(f"{tag} {name}")


def rendered(text):
    return Page(markdown2html_mistune(text)).found + re.findall(r"\\href\{\s*javascript:", text)


def test_the_page_reader_sees_the_attacks():
    unseen = [attack for attack in ATTACKS if not rendered(attack)]
    assert len(unseen) <= 5, unseen  # some are stopped by the renderer of this version itself


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs(attack):
    assert rendered(harmless(attack)) == []
    assert rendered(harmless(f"Text <b>bold</b> {attack} end")) == []


@pytest.mark.parametrize(
    "text",
    [
        "# Report\n\n> quoted, a < b, $x<1$ and `x = 1 if a else b`",
        "<b>bold</b><br/> H<sub>2</sub>O",
        '<img src="https://example.org/a.png" alt="a" width=200>',
        "![x](data:image/png;base64,iVBORw0KGgo=) ![y](attachment:y.png)",
        "<https://example.org/a?b=c&d=e> [x](https://example.org)",
        "| a | b |\n|:--|--:|\n| 1 | 2 |",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert harmless(text) == text


def test_comparison_before_a_letter_reads_the_same():
    assert harmless("for $i<n$") == "for $i< n$"
