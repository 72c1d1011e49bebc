"""The cells of a graded notebook as the parts of a page: what students wrote, and what they may see of the sheet."""

import json
import re
from dataclasses import dataclass, field

from markupsafe import Markup

from seglab.grading.feedback.markup import DATA, decode, picture_uri, printable, shift_headings, to_html
from seglab.grading.repair.roles import nbgrader_metadata, role

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
MAX_CODE, MAX_OUTPUT = 50_000, 20_000  # characters of one cell
MAX_PAGE = 300_000  # characters of all cells, pictures not counted: what takes seconds to read
TOO_LONG = "(This cell is not shown: the notebook is too long.)"
LABELS = {
    "test": "Test",
    "manual": "Your answer",
    "solution": "Your answer",
    "task": "Task",
    "helper": "A cell that you added",
}


@dataclass
class Part:
    """One cell on the page.

    Attributes:
        place: Number of the cell.
        label: What it is, `""` for the sheet's own texts and code.
        name: Its `grade_id`, or `""`.
        text: HTML of a text cell, `None` of a code cell.
        code: Source of a code cell.
        hidden: Whether a part of it is left out.
        outputs: What it showed: list of `(kind, content)` with kind `"text"` or `"picture"`.
    """

    place: int
    label: str = ""
    name: str = ""
    text: Markup | None = None
    code: str = ""
    hidden: bool = False
    outputs: list = field(default_factory=list)


def parse(content):
    """Read a graded notebook.

    Args:
        content: Bytes of the file.

    Returns:
        The notebook, a `dict` with every source as one string.

    Raises:
        ValueError, RecursionError: If it is no notebook.
    """
    notebook = json.loads(content)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("it is no notebook")
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def read_parts(notebook, clearing, picture):
    """Read the cells.

    Args:
        notebook: The graded notebook, a `dict` with every source as one string.
        clearing: The course's `Clearing`.
        picture: Function from the address of a picture to bytes or `None`.

    Returns:
        `(notes, parts)`: HTML that says how the notebook was read, `""` for nothing to say, and the list of `Part`.
    """
    notes, parts, level, left = Markup(""), [], 2, MAX_PAGE
    for place, cell in enumerate(notebook["cells"]):
        kind, name = role(cell), nbgrader_metadata(cell).get("grade_id")
        part = Part(place, LABELS.get(kind, ""), printable(name) if isinstance(name, str) else "")
        source = clearing.without_hidden(printable(cell["source"]))
        part.hidden = source != printable(cell["source"])
        left -= len(DATA.sub("", source))
        source = source if left >= 0 else TOO_LONG
        if place == 0 and (cell.get("metadata") or {}).get("seglab") == {"role": "notes"}:
            notes = Markup(to_html(source.partition("\n")[2]))
        elif cell["cell_type"] == "code":
            part.code = _cut(source, MAX_CODE)
            if kind != "test":  # what a test showed can carry hidden inputs; its verdict stands in the table
                part.outputs = _outputs(cell.get("outputs"), part.name or f"number {place + 1}")
            parts.append(part)
        elif cell["cell_type"] == "markdown":
            text, level = shift_headings(to_html(source, picture, cell.get("attachments")), level)
            part.text = Markup(text)
            parts.append(part)
    return notes, parts


def plain_messages(notebook, clearing):
    """Read what tests said in a notebook that nbgrader's own `autograde` ran.

    There the student's code may have written what stands in the outputs, and hidden inputs with it: of a test with
    hidden parts only the kind of error is told.

    Args:
        notebook: The graded notebook, a `dict`.
        clearing: The course's `Clearing`.

    Returns:
        `dict` from `grade_id` to message.
    """
    found = {}
    for cell in notebook["cells"]:
        errors = [each for each in cell.get("outputs") or () if each.get("output_type") == "error"]
        if role(cell) == "test" and errors:
            kind, said = (printable(_plain(errors[-1].get(key, ""))) for key in ("ename", "evalue"))
            hidden = clearing.begin_hidden_tests in cell["source"]
            kind = kind if re.fullmatch(r"\w{1,40}", kind) else "error"
            found[nbgrader_metadata(cell).get("grade_id")] = (
                f"a hidden test failed ({kind})" if hidden else f"{kind}: {said}"[:500]
            )
    return found


def _outputs(outputs, name):
    shown = []
    for each in outputs or ():
        kind, data = each.get("output_type"), each.get("data")
        data = data if isinstance(data, dict) else {}
        pictures = (data.get(mime) for mime in ("image/png", "image/jpeg"))
        uri = next(filter(None, (picture_uri(decode(picture)) for picture in pictures)), None)
        if kind == "stream":
            shown.append(("text", _plain(each.get("text", ""))))
        elif kind == "error":
            shown.append(("text", _plain("\n".join(map(str, each.get("traceback") or ())))))
        elif uri is not None:
            count = 1 + sum(kind == "picture" for kind, _ in shown)
            shown.append(("picture", (uri, f"Picture {count} that cell {name} has drawn, without a description")))
        elif "text/plain" in data:
            shown.append(("text", _plain(data["text/plain"])))
        elif data:
            shown.append(("text", f"(an output of type {_plain(next(iter(data)))[:50]} is not shown here)"))
    return [(kind, _cut(printable(what), MAX_OUTPUT) if kind == "text" else what) for kind, what in shown]


def _plain(text):
    text = "".join(map(str, text)) if isinstance(text, list) else str(text)
    return ESCAPES.sub("", text[: 4 * MAX_OUTPUT])


def _cut(text, most):
    return text if len(text) <= most else f"{text[:most]}\n... ({len(text) - most} characters more)"
