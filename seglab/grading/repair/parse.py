"""Reading what a student handed in: any bytes give cells or one clear reason, never an exception."""

import codecs
import json
import re
from dataclasses import dataclass, field

from seglab.grading.repair.roles import is_helper, nbgrader_metadata
from seglab.grading.repair.texts import tidy

MAX_BYTES = 50 << 20
MAX_BRACKETS = 2_000_000  # each list or object in the file costs memory
MAX_DEPTH = 100
MAX_DOUBTS = 3  # lines on one file
MAX_CELLS = 2000
MAX_CODE = 4 << 20  # characters of all code cells together
MAX_SOURCE = 10 << 20  # characters of one cell; Colab puts pasted pictures into the text
MAX_ATTACHMENTS = 20 << 20
UNFINISHED = re.compile(r"[\w.+-]*\s*")  # a word or a number at the end of the file
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
OTHER_FILES = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<", "a web page"),
)


@dataclass(frozen=True)
class Found:
    """A cell as the student handed it in.

    Attributes:
        number: Its place, from 1, as a person counts.
        kind: `"code"`, `"markdown"` or `"raw"`.
        text: Its source.
        ids: Its ids, the most trustworthy first: pairs of method and id.
        helper: Whether an earlier repair marked it as a helper.
        attachments: Pictures that belong to its text, as in the notebook format.
    """

    number: int
    kind: str
    text: str
    ids: tuple
    helper: bool = False
    attachments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class HandIn:
    """What could be read of a file.

    Attributes:
        cells: List of `Found`.
        notes: What was mended.
        doubts: What a person should look at.
        release: The hash of the release that it was made from, as its stamp says; `None` without a stamp.
    """

    cells: list
    notes: list
    doubts: list
    release: str | None


class Unreadable(Exception):
    """The file is no notebook; the message says why."""


def read_cells(raw):
    """Read the cells of a notebook, whatever its format and encoding.

    Args:
        raw: The bytes of the file.

    Returns:
        A `HandIn`.

    Raises:
        Unreadable: If there is no notebook in it.
    """
    notes, doubts = [], []
    book = _load(_decode(raw, notes, doubts))
    if not isinstance(book, dict):
        raise Unreadable(f"no notebook: the file holds {_kind_of(book)}, not an object with cells")
    if _too_deep(book):
        raise Unreadable(f"nested more than {MAX_DEPTH} levels deep")
    cells = book.get("cells")
    if not isinstance(cells, list):
        cells = _worksheet_cells(book, notes)
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"{len(cells)} cells, more than {MAX_CELLS}")
    minor = book.get("nbformat_minor")
    if "worksheets" not in book and not (type(minor) is int and minor >= 5):
        notes.append(f"nbformat 4.{minor if type(minor) is int else '?'} raised to 4.5")
    odd = []
    found = [_cell(number, cell, odd) for number, cell in enumerate(cells, 1)]
    code = sum(len(cell.text) for cell in found if cell is not None and cell.kind == "code")
    if code > MAX_CODE:
        raise Unreadable(f"{code} characters of code, more than {MAX_CODE}")
    doubts += odd[:MAX_DOUBTS] + ([f"{len(odd) - MAX_DOUBTS} more cells like these"] if len(odd) > MAX_DOUBTS else [])
    return HandIn([cell for cell in found if cell is not None], notes, doubts, stamp(book.get("metadata")))


def stamp(metadata):
    """Return the hash of the release that a notebook's metadata names, `None` where it names none."""
    mark = metadata.get("seglab") if isinstance(metadata, dict) else None
    release = mark.get("release") if isinstance(mark, dict) else None
    return release if isinstance(release, str) else None


def _decode(raw, notes, doubts):
    if not raw.strip(b" \t\r\n\0"):
        raise Unreadable("the file is empty")
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"{len(raw) >> 20} MB, more than {MAX_BYTES >> 20} MB. Clear the outputs and hand in again")
    for head, name in OTHER_FILES:
        if raw.startswith(head):
            raise Unreadable(f"no notebook: the file is {name}")
    encoding = json.detect_encoding(raw)
    if encoding not in ("utf-8", "utf-8-sig") or raw.startswith(codecs.BOM_UTF8):
        notes.append(f"read as {encoding}")
    try:
        text = raw.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise Unreadable(f"no text: it starts like {encoding}, but does not go on so") from None
        text = raw.decode("utf-8", "replace")
        doubts.append("the file is not UTF-8: some characters could not be read")
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        raise Unreadable(f"more than {MAX_BRACKETS} lists and objects. Clear the outputs and hand in again")
    return text.lstrip("\ufeff")


def _load(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] not in ("{", "["):
            raise Unreadable("no notebook: the file holds plain text, not JSON") from None
        if UNFINISHED.fullmatch(text, error.pos) or "Unterminated" in error.msg:
            raise Unreadable("the file is cut off: its end is missing") from None
        raise Unreadable(f"damaged JSON in line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise Unreadable(f"nested more than {MAX_DEPTH} levels deep") from None
    except (ValueError, MemoryError) as error:
        raise Unreadable(f"damaged JSON: {type(error).__name__}") from None


def _too_deep(book):
    level = [book]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _worksheet_cells(book, notes):
    """The cells of a notebook of format 3, which kept them in worksheets."""
    sheets = book.get("worksheets")
    if not isinstance(sheets, list):
        raise Unreadable("no notebook: it has no list of cells")
    notes.append("nbformat 3 raised to 4.5")
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells]


def _cell(number, cell, doubts):
    if not isinstance(cell, dict):
        doubts.append(f"cell {number} is {_kind_of(cell)}, not a cell")
        return None
    kind, source = cell.get("cell_type"), cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        if not all(isinstance(line, str) for line in source):
            doubts.append(f"cell {number}: parts of its text are no text")
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        doubts.append(f"cell {number}: its source is {_kind_of(source)}, not text")
        source = ""
    if len(source) > MAX_SOURCE:
        doubts.append(f"cell {number}: {len(source)} characters of text, more than {MAX_SOURCE}; cut off")
        source = source[:MAX_SOURCE]
    if kind == "heading":  # of format 3
        level = cell.get("level")
        source = "#" * (level if level in range(1, 7) else 1) + " " + source
    if kind not in ("code", "raw"):
        kind = "markdown"
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    candidates = (
        ("grade_id", nbgrader_metadata(cell).get("grade_id")),
        ("metadata.id", metadata.get("id")),
        ("cell id", cell.get("id")),
    )
    ids = tuple((method, name) for method, name in candidates if isinstance(name, str) and name)
    return Found(number, kind, tidy(source), ids, is_helper(cell), _pictures(cell.get("attachments")))


def _pictures(attachments):
    """The pictures among a cell's attachments: nothing else is carried over."""
    kept, size = {}, 0
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            data = "".join(data) if isinstance(data, list) and all(isinstance(part, str) for part in data) else data
            if kind in PICTURES and isinstance(data, str) and data.isascii() and size + len(data) <= MAX_ATTACHMENTS:
                size += len(data)
                kept.setdefault(tidy(name), {})[kind] = data
    return kept


def _kind_of(value):
    return {dict: "an object", list: "a list", str: "text", type(None): "nothing"}.get(type(value), "a number")
