"""What a student should know before handing in: answers, files, and whether the notebook runs."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import seglab

ARTIFACTS = (".csv", ".json", ".npz", ".png", ".safetensors")
PROGRAM = "predict.py"
FILE_BYTES = 100 * 2**20
TOTAL_BYTES = 300 * 2**20
RUN_SECONDS = 600
TEXT_STUB = "YOUR ANSWER HERE"

# Every state of an answer, and what is said of it.
VERDICTS = {
    "answered": ("good", "answered"),
    "open": ("open", "not answered yet"),
    "missing": ("bad", "its answer cell is gone: copy it from a fresh notebook of the sheet"),
    "twice": ("bad", "two cells answer it: delete one"),
    "broken": ("bad", "is no valid Python"),
}
MARKER = re.compile(r"^[ \t]*(?:#|<!--)[ \t]*seglab:[ \t]*([\w.:-]+)[^\n]*$", re.MULTILINE)
COMMAND = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
HEADING = re.compile(r"^### Question (\d+)\b", re.MULTILINE)


def stamp(notebook):
    """Return what a release wrote into its notebook.

    Args:
        notebook: The notebook as `dict`.

    Returns:
        `dict` with `sheet`, a name that is safe as a file's, `release`, `version` and whatever else the stamp
        says; empty without a stamp.

    Example:
        >>> stamp({"metadata": {"seglab": {"sheet": "lab1"}}, "cells": []})
        {'sheet': 'lab1'}
    """
    metadata = notebook.get("metadata")
    found = metadata.get("seglab") if isinstance(metadata, dict) else None
    if isinstance(found, dict) and re.fullmatch(r"\w[\w.-]*", str(found.get("sheet", ""))):
        return found
    return {}


def slots(notebook):
    """Return the answers of a notebook.

    An answer is known by nbgrader's metadata, by its id or by the marker in its text. Which ones there should
    be, the stamp says; else the headings of the questions say which question has lost all its answers.

    Args:
        notebook: The notebook as `dict`, every source one string.

    Returns:
        List of `dict`: `id`, `state` (a key of `VERDICTS`), `note`, `""` or more words on it, and `tests`, the
        ids of the test cells that follow.
    """
    wanted = stamp(notebook).get("slots")
    wanted = [str(name) for name in wanted] if isinstance(wanted, list) else []
    found, last = {}, None
    for index, cell in enumerate(notebook["cells"]):
        names = _slots_in(cell, wanted)
        for name in names:
            if name in found:
                found[name]["state"], found[name]["note"] = "twice", ""
                continue
            state, note = _state(cell)
            shared = f", in one cell with {names[0]}" if name != names[0] else ""
            found[name] = {"id": name, "state": state, "note": note + shared, "tests": []}
        if names:
            last = found[names[-1]]
        elif last and _is_test(cell):
            last["tests"].append(cell_name(cell, index))
    gone = [name for name in wanted if name not in found]
    numbers = [number for cell in notebook["cells"] for number in HEADING.findall(_text(cell, "markdown"))]
    if not wanted and any(name.startswith("q") for name in found):
        gone = [f"q{number}" for number in numbers if not any(name.startswith(f"q{number}-") for name in found)]
    missing = [{"id": name, "state": "missing", "note": "", "tests": []} for name in gone]
    return [*found.values(), *missing]


def artifacts(notebook, folder):
    """Return the files to hand in with a notebook: those that its code names, or the stamp.

    Args:
        notebook: The notebook as `dict`.
        folder: `Path` of the folder it works in.

    Returns:
        `(files, missing)`: `dict` from name to `Path`, and `dict` from name to the reason why it is not packed.
    """
    wanted = stamp(notebook).get("artifacts")
    names = [str(name) for name in wanted] if isinstance(wanted, list) else []
    for cell in notebook["cells"]:
        known = _strings(_text(cell, "code"))
        names += [name for name in known if name.lower().endswith(ARTIFACTS) or name == PROGRAM]
    files, missing, total = {}, {}, 0
    for name in dict.fromkeys(names):
        path = folder / name
        inside = os.path.normpath(name) == name and not os.path.isabs(name) and not name.startswith("..")
        if not inside or path.name.startswith(".") or re.search(r"[\\:*?\x00-\x1f]", name) or path.is_symlink():
            continue  # no file of the student's: an address, a pattern, a place elsewhere
        if not path.is_file():
            missing[name] = "the notebook names this file, but it is not here"
        elif path.stat().st_size > min(FILE_BYTES, TOTAL_BYTES - total):
            missing[name] = f"{path.stat().st_size / 1e6:.0f} MB: too large, not packed"
        else:
            files[name] = path
            total += path.stat().st_size
    return files, missing


def rehearse(notebook, files, *, seconds=RUN_SECONDS):
    """Run a notebook once as a grader does: in a fresh Python, with nothing but the files that are handed in.

    Args:
        notebook: The notebook as `dict`.
        files: `dict` from name to `Path`.
        seconds: How long it may take.

    Returns:
        `dict`: `state`, `"done"` or a sentence that says what went wrong; `failed`, from a cell's name to its
        error; `seconds`.
    """
    start = time.monotonic()
    result = {"state": "done", "failed": {}, "seconds": 0.0}
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch, "work")
        work.mkdir()
        try:
            for name, path in files.items():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, work / name)
            cells = [
                (cell_name(cell, index), cell["source"])
                for index, cell in enumerate(notebook["cells"])
                if cell.get("cell_type") == "code"
            ]
            Path(scratch, "cells.json").write_text(json.dumps(cells), "utf-8")
            done = subprocess.run(
                [sys.executable, "-m", "seglab.rehearsal", scratch],
                cwd=work,
                env=_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                timeout=seconds,
                check=False,
            )
            ended = None if done.returncode == 0 else f"Python ended with code {done.returncode}"
        except subprocess.TimeoutExpired:
            ended = f"stopped after {seconds} s"
        except KeyboardInterrupt:  # whoever is in a hurry may still hand in
            ended = "interrupted"
        except OSError as error:
            ended = f"could not be started: {error.strerror}"
        lines = Path(scratch, "results.jsonl")
        for line in lines.read_text("utf-8").splitlines() if lines.is_file() else ():
            entry = json.loads(line)
            running = entry["cell"]
            if entry.get("error"):
                result["failed"][entry["cell"]] = entry["error"]
        if ended:
            where = f" in cell {running}" if lines.is_file() and lines.stat().st_size else ""
            result["state"] = ended + where
    return {**result, "seconds": time.monotonic() - start}


def cell_name(cell, index):
    """Return how a cell is called in a report: its id, else its number from 1.

    Args:
        cell: The cell as `dict`.
        index: Its place in the notebook, from 0.

    Returns:
        `str`.

    Example:
        >>> cell_name({"metadata": {"id": "q1"}}, 3), cell_name({"metadata": {}}, 3)
        ('q1', '4')
    """
    metadata = cell.get("metadata", {})
    nbgrader = metadata.get("nbgrader")
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return str(name or metadata.get("id") or cell.get("id") or index + 1)


def _slots_in(cell, wanted):
    """Return the ids of the answers that a cell holds: one, none, or several where a student merged cells."""
    metadata = cell["metadata"]
    nbgrader = metadata.get("nbgrader")
    names = MARKER.findall(cell["source"])
    if isinstance(nbgrader, dict) and nbgrader.get("solution"):
        names = [str(nbgrader.get("grade_id")), *names]
    elif isinstance(nbgrader, dict):
        names = []
    elif not names:
        names = [name for name in (metadata.get("id"), cell.get("id")) if name in wanted]
    return list(dict.fromkeys(names))


def _is_test(cell):
    nbgrader = cell["metadata"].get("nbgrader")
    if isinstance(nbgrader, dict):
        return bool(nbgrader.get("grade")) and not nbgrader.get("solution")
    return re.match(r"q\d+-.*-test\b", str(cell["metadata"].get("id") or cell.get("id"))) is not None


def _state(cell):
    """Return `(state, note)` of an answer, by its text alone."""
    text = MARKER.sub("", cell["source"])
    if cell.get("cell_type") != "code":
        return ("answered" if text.replace(TEXT_STUB, "").strip() else "open"), ""
    try:
        tree = ast.parse(COMMAND.sub(r"\1pass", text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return "broken", f": line {line + cell['source'].count(chr(10)) - text.count(chr(10))}" if line else ""
    stubs = [node for node in ast.walk(tree) if isinstance(node, ast.Raise) and _is_stub(node.exc)]
    return "open" if stubs or not tree.body else "answered", ""


def _is_stub(raised):
    """Return whether a raised expression is the one a release puts in place of an answer."""
    arguments = raised.args if isinstance(raised, ast.Call) else []
    name = raised.func if isinstance(raised, ast.Call) else raised
    if not isinstance(name, ast.Name) or name.id != "NotImplementedError":
        return False
    return not arguments or (isinstance(arguments[0], ast.Constant) and str(arguments[0].value).startswith("Question"))


def _strings(source):
    """Return the texts that a cell's code names."""
    try:
        tree = ast.parse(COMMAND.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _text(cell, kind):
    return cell["source"] if cell.get("cell_type") == kind else ""


def _environment(scratch):
    """Return the environment of the run: training is skipped, no GPU is taken from the notebook that asks."""
    package = str(Path(seglab.__file__).resolve().parent.parent)
    return {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "-1",
        "IPYTHONDIR": scratch,
        "MPLBACKEND": "Agg",
        "NBGRADER_EXECUTION": "validate",
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
