"""Formulas as MathML, which browsers draw and read aloud by themselves: no script, no font, nothing to load."""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def mathml(text, as_block=False):
    """Translate a formula, after two spellings that docutils does not read.

    Brackets grow with what they hold, so that commands for their size go; a fraction of digits gets its braces.
    """
    text = re.sub(r"\\[bB]igg?[lrm]?(?![a-zA-Z])", "", text)
    text = re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", text)
    return tex2mathml(text, as_block=as_block)


def inline(translator, node):
    """Write a formula within a line."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(translator, node):
    """Write a formula on a line of its own."""
    translator.body.append(f'<div class="math">{mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app):
    """Make this the way formulas are written."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
