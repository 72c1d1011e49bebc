"""What can be read off the text of a cell without running it. No text, however made, raises."""

import ast
import hashlib
import re
import warnings
from functools import lru_cache
from typing import NamedTuple

from seglab.authoring.cells import top_level_names
from seglab.grading.repair.markers import without_markers

MAX_CODE = 100_000  # characters; longer code is not looked into
MAX_KEPT = 20_000  # characters; longer texts are not remembered from one submission to the next
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([\w, \t]+=[ \t]*)[%!].*$", re.MULTILINE)
STUB_MESSAGE = re.compile(r"(Name\(id='NotImplementedError', ctx=Load\(\)\)), args=\[[^\[\]]*\]")
BLANK_START = re.compile(r"\A(?:[ \t]*\n)+")
SHORTEST_LINE = 4  # characters; a shorter line tells nothing about where a text comes from


class Statement(NamedTuple):
    """A statement at the top level of a cell: its type, its lines (from 0, end exclusive) and what it binds."""

    kind: str
    start: int
    end: int
    defines: frozenset
    binds: frozenset
    key: str


class Code(NamedTuple):
    """What a code cell says; all empty where `parses` is false."""

    parses: bool
    statements: tuple
    defines: frozenset
    binds: frozenset
    key: str


UNREADABLE = Code(False, (), frozenset(), frozenset(), "")


def tidy(text):
    """Return a text with newlines of one kind, and without characters that no file can hold.

    Args:
        text: Any `str`.

    Returns:
        `str`, without blank lines at its ends.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode() if re.search("[\ud800-\udfff]", text) else text
    return BLANK_START.sub("", text.replace("\0", "\N{REPLACEMENT CHARACTER}")).rstrip()


def comparable(text):
    """Return a text as it is compared: no markers, no badge, no blank ends, no spaces at line ends.

    Args:
        text: Text of a cell.

    Returns:
        `str`.
    """
    return _comparable_kept(text) if len(text) <= MAX_KEPT else _comparable(text)


def _comparable(text):
    lines = (line.rstrip() for line in without_markers(text).split("\n"))
    return "\n".join(line for line in lines if not line.startswith("[![Open in Colab]")).strip("\n")


_comparable_kept = lru_cache(maxsize=1024)(_comparable)


def telling_lines(text):
    """Return the lines by which a text is recognized.

    Args:
        text: Text of a cell.

    Returns:
        `frozenset` of `str`.
    """
    return frozenset(line for line in map(str.strip, comparable(text).split("\n")) if len(line) >= SHORTEST_LINE)


def likeness(lines, others):
    """Return which share of their lines two texts have in common, 0 where one is empty.

    Args:
        lines: What `telling_lines` returns for one text.
        others: The same for the other.

    Returns:
        `float` from 0 to 1 (Dice of the two sets).

    Example:
        >>> likeness(frozenset({"aaaa", "bbbb"}), frozenset({"bbbb", "cccc"}))
        0.5
    """
    return 2 * len(lines & others) / (len(lines) + len(others)) if lines and others else 0.0


def read_code(text):
    """Read a code cell; notebook commands (`%pip`, `!ls`) count as empty statements.

    Args:
        text: Text of the cell.

    Returns:
        A `Code`.

    Example:
        >>> code = read_code("%matplotlib inline" + chr(10) + "def f(x): pass" + chr(10) + "y = f(1)")
        >>> sorted(code.defines), sorted(code.binds), len(code.statements)
        (['f'], ['f', 'y'], 3)
        >>> read_code("def f(:").parses
        False
    """
    if len(text) > MAX_CODE:
        return UNREADABLE
    return _read_code_kept(text) if len(text) <= MAX_KEPT else _read_code_now(text)


def _read_code(text):
    tree = _parse(text)
    if tree is None:
        return UNREADABLE
    statements = []
    for node in tree.body:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        binds = frozenset(top_level_names(node))
        kind = type(node).__name__
        key = _digest(_dump(node) or ast.get_source_segment(text, node) or str(first))
        statements.append(Statement(kind, first - 1, node.end_lineno, _definitions(node), binds, key))
    return Code(
        True,
        tuple(statements),
        frozenset().union(*(statement.defines for statement in statements)),
        frozenset().union(*(statement.binds for statement in statements)),
        _digest("\n".join(statement.key for statement in statements)) if statements else "",
    )


_read_code_kept = lru_cache(maxsize=512)(_read_code)
_read_code_now = lru_cache(maxsize=8)(_read_code)  # for the time that one submission takes


def is_torn(text):
    """Return whether code begins within a block: the rest of something that was split.

    Args:
        text: Text of a cell.

    Returns:
        `bool`.

    Example:
        >>> is_torn("    return x"), is_torn("return x"), is_torn("    # a remark")
        (True, False, False)
    """
    return text[:1] in (" ", "\t") and not read_code(text).parses


def goes_on_after_return(text):
    """Return whether code has a statement that a `return` right above it keeps from being reached.

    Args:
        text: Text of a cell.

    Returns:
        `bool`.

    Example:
        >>> lines = ["def f(x):", "    if x:", "        x = 1", "    else:", "        return x", "        x += 1"]
        >>> goes_on_after_return(chr(10).join(lines)), goes_on_after_return(chr(10).join(lines[:-1]))
        (True, False)
    """
    tree = _parse(text)
    fields = (value for node in ast.walk(tree) for _, value in ast.iter_fields(node)) if tree is not None else ()
    return any(isinstance(part, ast.Return) for block in fields if isinstance(block, list) for part in block[:-1])


def read_names(text):
    """Return the names that a code cell reads anywhere.

    Args:
        text: Text of the cell.

    Returns:
        Set of `str`; empty where the text is no Python.
    """
    tree = _parse(text)
    nodes = ast.walk(tree) if tree is not None else ()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def same_answer_key(text, kind):
    """Return what two texts share when they are the same answer, whatever their spacing, comments and stub message.

    Args:
        text: Text of a cell.
        kind: `"code"` or `"markdown"`.

    Returns:
        `str`, empty for an empty answer.
    """
    plain = comparable(text)
    if kind == "code" and plain:
        code = read_code(plain)
        if code.parses:
            return code.key
    return re.sub(r"\s+", " ", plain).strip()


def fenced(text):
    """Return the code between fences of a Markdown text, or the whole text where nothing stands between fences.

    Args:
        text: Text of a Markdown cell.

    Returns:
        `(code, rest)`: two texts.

    Example:
        >>> fenced(chr(10).join(["Mine:", "```python", "x = 1", "```"]))
        ('x = 1', 'Mine:')
    """
    code, rest, inside, fences = [], [], False, 0
    lines = text.split("\n")
    for line in lines:
        if line.lstrip().startswith("```"):
            inside, fences = not inside, fences + 1
        else:
            (code if inside else rest).append(line)
    if fences < 2:  # none, or one that lost its other half
        return "\n".join(line for line in lines if not line.lstrip().startswith("```")), ""
    return "\n".join(code).strip("\n"), "\n".join(rest).strip()


def _parse(text):
    if text.startswith("%%"):  # a cell magic: the rest of the cell is code
        text = "pass" + text[text.find("\n") :] if "\n" in text else "pass"
    plain = ASSIGNED_MAGIC.sub(r"\1None", MAGIC.sub(r"\1pass", text)) if re.search("[%!?]", text) else text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a string is the student's business
            return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dump(node):
    """The node as text, without positions and without the message of a stub; empty where it is nested too deep."""
    try:
        return STUB_MESSAGE.sub(r"\1, args=[]", ast.dump(node))
    except RecursionError:
        return ""


def _digest(text):
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _definitions(node):
    """Names of functions and classes that a statement defines, also under `if`, `with`, `for` and `try`."""
    names, pending = set(), [node]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            pending.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))
    return frozenset(names)
