"""Notebooks as files: reading, the one form they are written in, and what every one of them shares.

A notebook is a `dict` as in its JSON file, with every cell's source as one string.
"""

import json
import os
import re
from pathlib import Path, PurePosixPath

from seglab import __version__, about
from seglab.authoring import bibliography, citations
from seglab.authoring.badges import badge
from seglab.errors import InputError

_PIP = "pip install -qq --no-deps"

# At most twelve lines that are not blank. It installs this package and nothing else, whatever its requirements say:
# what Colab ships stays as it is, and `seglab.setup` says where that is not what the course was tested with.
SETUP_CELL = f"""\
# @title Setup (run me first)
import sys
from importlib.util import find_spec

import matplotlib.pyplot as plt
import numpy as np

if "google.colab" in sys.modules and find_spec("seglab") is None:  # Colab lacks this package only
    url = "{about.source_url()}/raw/{about.tag()}/{about.wheel()}"
    near = "--no-index -f . -f drive/MyDrive/seglab seglab=={__version__} 2>/dev/null"
    !{_PIP} {{near}} || {_PIP} {{url}} || echo "No network? Upload {{url}}, rerun me."

import seglab

SAVE_TO_DRIVE = False  # @param {{type: "boolean"}}
seglab.setup(seed=0, drive=SAVE_TO_DRIVE)"""

METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "private_outputs": False, "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

CELL_KEYS = frozenset({"cellView", "deletable", "editable", "id", "nbgrader", "tags"})
"""The keys that a cell's metadata may hold."""


def read(path):
    """Read a notebook file.

    Args:
        path: Path of an `.ipynb` file.

    Returns:
        The notebook as `dict`, every cell's source as one string.

    Raises:
        InputError: If the file is missing or is no notebook.

    Example:
        >>> read("nowhere.ipynb")
        Traceback (most recent call last):
        seglab.errors.InputError: nowhere.ipynb: no such notebook.
    """
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such notebook.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a notebook: {error}.") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise InputError(f"{path}: no notebook of format 4: it has no list of cells.")
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell.get("source", ""))
    return notebook


def dumps(notebook):
    """Return the text a notebook is stored as: sorted keys, one space of indent, a newline at the end.

    Args:
        notebook: The notebook as `dict`, as `read` returns it.

    Returns:
        JSON text; equal notebooks give equal text.

    Example:
        >>> dumps({"cells": []})
        '{\\n "cells": []\\n}\\n'
    """
    lines = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": lines}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write(notebook, path):
    """Write a notebook in its one form; a crash leaves the old file as it was.

    Args:
        notebook: The notebook as `dict`.
        path: The file to write.

    Raises:
        InputError: If the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(dumps(notebook), encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from None


def tidy(path):
    """Mend what needs no author: outputs, metadata, the badge, the set-up cell, sources by key, the order of keys.

    Args:
        path: The notebook file, inside a course; it is rewritten where anything is to mend.

    Returns:
        Whether the file changed.

    Raises:
        InputError: If the file is no notebook, lies in no course, or the course's bibliography is wrong.
    """
    before = Path(path).read_bytes() if Path(path).is_file() else b""
    notebook = clean(read(path))
    readdress(notebook, path_in_course(path))
    entries = bibliography.load(course_of(path))
    for cell in notebook["cells"]:
        if cell["source"].startswith("# @title Setup"):
            cell["source"] = SETUP_CELL
        if cell["cell_type"] == "markdown":
            cell["source"] = citations.mend(cell["source"], entries)
    if dumps(notebook).encode() == before:
        return False
    write(notebook, path)
    return True


def clean(notebook):
    """Return a notebook without outputs and with minimal metadata; graded cells carry one id in three places.

    Args:
        notebook: The notebook as `dict`; it stays as it is.

    Returns:
        A new notebook of format 4.5.
    """
    cells = []
    for cell in notebook["cells"]:
        metadata = {key: value for key, value in cell.get("metadata", {}).items() if key in CELL_KEYS}
        name = metadata.get("nbgrader", {}).get("grade_id") or cell.get("id")
        if "nbgrader" in metadata:
            metadata["id"] = name
        new = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata, "source": cell["source"]}
        if cell["cell_type"] == "code":
            new |= {"execution_count": None, "outputs": []}
        cells.append(new)
    return {"cells": cells, "metadata": {**METADATA}, "nbformat": 4, "nbformat_minor": 5}


def readdress(notebook, path):
    """Point the badge in the first cell at a path, in place.

    Args:
        notebook: The notebook as `dict`; its first cell changes.
        path: The notebook's path relative to the course's root.
    """
    first = notebook["cells"][0]
    first["source"] = re.sub(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)", lambda _: badge(path), first["source"])


def path_in_course(path):
    """Return a notebook's path relative to the root of its course.

    Args:
        path: Path of the notebook.

    Returns:
        `PurePosixPath`.

    Raises:
        InputError: If no folder above the notebook holds `grader_config.py`.
    """
    return PurePosixPath(Path(path).resolve().relative_to(course_of(path)).as_posix())


def course_of(path):
    """Return the root of a notebook's course, the folder that holds `grader_config.py`.

    Args:
        path: Path of the notebook.

    Returns:
        `Path`.

    Raises:
        InputError: If no folder above the notebook holds `grader_config.py`.
    """
    path = Path(path).resolve()
    for folder in path.parents:
        if (folder / "grader_config.py").is_file():
            return folder
    raise InputError(f"{path}: lies in no course: no folder above it holds grader_config.py.")


def graded_metadata(name, role, points=None):
    """Return the metadata of a cell that nbgrader knows.

    Args:
        name: The cell's id, such as `"q2-iou"` or `"q2-iou-test-empty"`.
        role: `"answer"` (students write it), `"test"`, `"manual"` (an answer that a person grades) or
            `"locked"` (students must leave it as it is).
        points: What a test or a manual answer is worth; `None` for the other two.

    Returns:
        `dict` for the cell's `metadata`.

    Raises:
        InputError: If the role is unknown, or has points where it must not, or none where it must.

    Example:
        >>> graded_metadata("q2-iou-test-empty", "test", 1)["nbgrader"]["points"]
        1
    """
    if role not in ("answer", "test", "manual", "locked"):
        raise InputError(f"role must be answer, test, manual or locked, got {role!r}.")
    if (points is None) == (role in ("test", "manual")):
        raise InputError(f"points belong to tests and manual answers, got {points!r} for {name} ({role}).")
    nbgrader = {
        "grade": role in ("test", "manual"),
        "grade_id": name,
        "locked": role in ("test", "locked"),
        "schema_version": 3,
        "solution": role in ("answer", "manual"),
        "task": False,
    }
    if points is not None:
        nbgrader["points"] = points
    return {"id": name, "nbgrader": nbgrader}
