"""The autograded notebook: what nbgrader's pages and feedback show of a graded submission."""

import copy
import json
import os
import shutil
from pathlib import Path

from seglab.grading.jobs import open_plain
from seglab.grading.judging.results import NOT_REACHED
from seglab.grading.records.markup import harmless
from seglab.grading.repair.markers import without_markers
from seglab.grading.repair.roles import is_helper, nbgrader_metadata, role

MAX_NOTES = 50


def compose(template, answers, key):
    """Put a submission's answers and the judge's verdicts into a sheet.

    What nbgrader's own `determine_grade` reads from the outputs of a test are the judge's points: an error gives
    none, a number gives that many, nothing gives all. A test without a verdict has an error, too.

    Args:
        template: The sheet as nbgrader's `NotebookNode` (`Template.notebook`); it stays as it is.
        answers: The `Answers` of the student, graded.
        key: What the notebook is known by, `dict`, kept in its metadata.

    Returns:
        `(notebook, undecided)`: the notebook, a `NotebookNode`, and the `grade_id`s that have no verdict or may lack
        an answer, `dict` from `grade_id` to the reason.
    """
    notebook = copy.deepcopy(template)
    notebook.nbformat_minor = 5
    notebook.metadata["seglab"] = key
    undecided, cells = {}, []
    given, helpers = _of_student(answers)
    for place, cell in enumerate(notebook.cells):
        cells += helpers.pop(place, ())
        name, kind = nbgrader_metadata(cell).get("grade_id"), role(cell)
        if kind in ("solution", "manual"):
            _fill(cell, given.get(name), answers, undecided)
            if kind == "manual" and cell.cell_type == "code":
                cell.outputs = [_shown(each) for each in (answers.result or {}).get("shown", {}).get(name, ())]
        elif kind == "test":
            _show_verdict(cell, answers.result, undecided)
        cells.append(cell)
    for rest in helpers.values():
        cells += rest
    notes = [*answers.doubts, *answers.notes]
    notebook.cells = _with_ids([*_notes_cell(answers.doubts, notes[len(answers.doubts) :]), *cells])
    return notebook, undecided


def _of_student(answers):
    """Return `(answers, helpers)`: the student's cells by `grade_id`, and others by the place in the master."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    given, helpers, place = {}, {}, 0
    repaired = answers.repaired.notebook if answers.repaired is not None else None
    for cell in (repaired or {"cells": []})["cells"]:
        if not is_helper(cell):
            place += 1
            given[nbgrader_metadata(cell).get("grade_id")] = cell
            continue
        make = new_code_cell if cell["cell_type"] == "code" else new_markdown_cell
        text = cell["source"] if cell["cell_type"] == "code" else harmless(cell["source"])
        helper = make(source=text, metadata={"seglab": {"role": "helper"}}, id="helper")  # else a random one
        if cell["cell_type"] == "markdown" and cell.get("attachments"):
            helper["attachments"] = cell["attachments"]
        helpers.setdefault(place, []).append(helper)
    return given, helpers


def _fill(cell, found, answers, undecided):
    """Put the student's answer into its cell; the stub stays where there is none."""
    name = nbgrader_metadata(cell).get("grade_id")
    slots = answers.repaired.slots if answers.repaired is not None else []
    state = next((slot.state for slot in slots if slot.grade_id == name), "missing")
    doubts = [doubt for doubt in answers.doubts if doubt.startswith(f"{name}: ")]
    if state == "answered" and found is not None:
        text = without_markers(found["source"])
        cell.source = text if cell.cell_type == "code" else harmless(text)
        if cell.cell_type == "markdown" and found.get("attachments"):
            cell["attachments"] = found["attachments"]
    if role(cell) == "manual" and (doubts or (state == "missing" and answers.doubts)):
        undecided[name] = doubts[0] if doubts else answers.doubts[0]


def _show_verdict(cell, result, undecided):
    """Give a test cell the outputs that say what the judge found."""
    from nbformat.v4 import new_output

    name, most = nbgrader_metadata(cell).get("grade_id"), float(nbgrader_metadata(cell).get("points", 0))
    verdict = (result or {}).get("cells", {}).get(name)
    if verdict is None or verdict["error"] == NOT_REACHED:
        reason = (result or {}).get("error") or "the test was not run"
        undecided[name] = reason
        cell.outputs = [_error("NotGraded", "this test was not graded, a person will look at it")]
        return
    points, error = verdict["points"], verdict["error"]
    if points == 0 and error is not None:
        cell.outputs = [_error(verdict.get("kind") or "Failed", str(error))]
        return
    cell.outputs = [new_output("stream", name="stdout", text=f"{error}\n")] if error is not None else []
    if points != most:
        cell.outputs.append(new_output("execute_result", {"text/plain": repr(float(points))}, execution_count=1))


def _shown(output):
    """What a cell showed, for whoever grades it: text stays text, a picture is a PNG."""
    from nbformat.v4 import new_output

    if "png" in output:
        return new_output("display_data", {"image/png": output["png"]})
    return new_output("stream", name="stdout", text=output["text"])


def _error(kind, text):
    from nbformat.v4 import new_output

    return new_output("error", ename=str(kind)[:100], evalue=text, traceback=[f"{str(kind)[:100]}: {text}"])


def _notes_cell(doubts, notes):
    """A text that says how the notebook was read, for the student and for whoever looks at it."""
    from nbformat.v4 import new_markdown_cell

    if not doubts and not notes:
        return []
    lines = ["**How this notebook was read**", ""]
    lines += [f"- A person will look at this: {_quoted(doubt)}" for doubt in doubts[:MAX_NOTES]]
    lines += [f"- {_quoted(note)}" for note in notes[:MAX_NOTES]]
    return [new_markdown_cell("\n".join(lines), metadata={"seglab": {"role": "notes"}}, id="how-it-was-read")]


def _quoted(text):
    """Text that Markdown leaves alone."""
    return harmless("".join(f"\\{sign}" if sign in "\\`*_[]#|$!" else sign for sign in " ".join(text.split())))


def _with_ids(cells):
    used = set()
    for number, cell in enumerate(cells):
        wish = nbgrader_metadata(cell).get("grade_id") or cell.get("id") or f"cell-{number}"
        wish = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in wish)[:60]
        cell["id"] = wish if wish and wish not in used else f"cell-{number}-{len(used)}"
        used.add(cell["id"])
    return cells


def read_key(path):
    """Return what an autograded notebook is known by, `None` where there is none.

    Args:
        path: Path of the autograded notebook.

    Returns:
        `dict` as given to `compose`.
    """
    try:
        return json.loads(Path(path).read_bytes())["metadata"]["seglab"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_cells(path):
    """Return the cells of an autograded notebook by `grade_id`, none where it is missing or damaged.

    Args:
        path: Path of the autograded notebook.

    Returns:
        `dict` from `grade_id` to `NotebookNode`.
    """
    import nbformat

    try:
        cells = nbformat.read(path, as_version=4).cells
        return {nbgrader_metadata(cell).get("grade_id"): cell for cell in cells}
    except Exception:  # whatever nbformat raises for a file that is no notebook
        return {}


def looks_as_before(cell, before):
    """Return whether a person who graded a cell has seen all of it: points, answer or test, and outputs.

    The text of a task may change: what is graded are the cells around it.

    Args:
        cell: A composed cell.
        before: The same cell as it was written the last time, `None` without one.
    """
    if before is None or role(cell) != role(before):
        return False
    same = nbgrader_metadata(cell).get("points") == nbgrader_metadata(before).get("points")
    kept = () if role(cell) == "task" else ("source", "attachments", "outputs")
    return same and all(cell.get(name) == before.get(name) for name in kept)


def write_folder(folder, notebooks, files, permissions):
    """Make a folder of `autograded/` hold just these notebooks and files.

    Args:
        folder: Path of the folder; it is made if it is missing, and what else lies in it is removed.
        notebooks: `dict` from name to `NotebookNode`; `None` leaves the notebook that is there.
        files: `dict` from relative path to `Path` of a plain file.
        permissions: Permissions of the files, such as `0o444`.
    """
    import nbformat

    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{name}.ipynb" for name in notebooks}
    for path, source in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        wanted.add(path)
        with open_plain(source) as content:
            facts = os.fstat(content.fileno())
            if _is_copy(target, facts):
                continue
            with _replacing(target, permissions) as file:
                shutil.copyfileobj(content, file, 1 << 20)
            os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    for name, notebook in notebooks.items():
        if notebook is not None:
            with _replacing(folder / f"{name}.ipynb", permissions) as file:
                file.write(nbformat.writes(notebook).encode() + b"\n")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _is_copy(target, facts):
    try:
        known = target.lstat()
    except OSError:
        return False
    return (known.st_size, known.st_mtime_ns) == (facts.st_size, facts.st_mtime_ns)


class _replacing:
    """A file that takes its place only when it is complete."""

    def __init__(self, path, permissions):
        self.path, self.permissions = path, permissions
        self.partial = path.with_name(f".{path.name}.partial")

    def __enter__(self):
        self.partial.unlink(missing_ok=True)
        self.file = open(self.partial, "xb")
        return self.file

    def __exit__(self, kind, *_):
        self.file.close()
        if kind is None:
            os.chmod(self.partial, self.permissions)
            os.replace(self.partial, self.path)
        else:
            self.partial.unlink(missing_ok=True)
