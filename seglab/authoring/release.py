"""The students' version of a sheet: nbgrader clears it, this module checks it and puts it into `labs/`."""

import ast
import dataclasses
import os
import re
import shutil
import tempfile
from pathlib import Path

from seglab.authoring import notebooks
from seglab.authoring.cells import Notebook
from seglab.authoring.scratch import copy_course, run_nbgrader
from seglab.errors import InputError


def release(sheet, course_dir="."):
    """Generate `labs/SHEET` from `solutions/SHEET`; the same source gives the same bytes.

    Nothing is written unless the result is safe to hand out: no solution, no hidden test, and every stub raises
    `NotImplementedError`. That the points are right is proven elsewhere, by `seglab.grading.proofs`.

    Args:
        sheet: Name of the sheet, the folder and the notebook in `solutions/`.
        course_dir: The course, the folder that holds `grader_config.py`.

    Returns:
        `Path` of the released notebook.

    Raises:
        InputError: If the sheet is missing, nbgrader rejects it, or the result would give something away.
    """
    with tempfile.TemporaryDirectory(prefix="seglab-release-") as scratch:
        return publish(make(sheet, course_dir, Path(scratch) / "course"), Path(course_dir, "labs", sheet))


def make(sheet, course_dir, scratch):
    """Generate a release in a folder of its own and check it; nbgrader works on a copy and without a gradebook.

    Args:
        sheet: Name of the sheet.
        course_dir: The course, the folder that holds `grader_config.py`.
        scratch: An empty folder, or one that does not exist yet.

    Returns:
        `Path` of the folder with the released notebooks and the sheet's other files.

    Raises:
        InputError: If the sheet is missing, nbgrader rejects it, or the result would give something away.
    """
    folder = copy_course(course_dir, sheet, scratch)
    succeeded, log = run_nbgrader(folder, "generate_assignment", sheet, "--no-db")
    made = folder / "labs" / sheet
    if not succeeded or not (made / f"{sheet}.ipynb").is_file():
        raise InputError(f"solutions/{sheet}: nbgrader cannot release it: {last_error(log)}")
    for path in sorted(made.glob("*.ipynb")):
        notebooks.write(notebooks.read(path), path)
        check(folder / "solutions" / sheet / path.name, path)
    return made


def check(source, released, marks=()):
    """Refuse a released notebook that gives something away.

    Args:
        source: Path of the notebook with its solutions.
        released: Path of what students are to get.
        marks: Pairs of a course's own mark and what this course writes: `"BEGIN SOLUTION"`, `"END SOLUTION"`,
            `"BEGIN HIDDEN TESTS"` or `"END HIDDEN TESTS"`.

    Raises:
        InputError: If the release shows a solution or a hidden test, or one of its stubs does not raise
            `NotImplementedError`; stubs of other courses may say what they like.
    """
    problem = next(_leaks(_open(source, marks), _open(released, marks)), None)
    if problem:
        raise InputError(f"{'/'.join(source.parts[-3:])}: {problem}")


def publish(made, target):
    """Put a release in its place.

    Args:
        made: What `make` returned.
        target: Path of the folder that takes it.

    Returns:
        `Path` of the released notebook, of the first one where there are several.

    Raises:
        InputError: If it cannot be written; the release that was there stays.
    """
    target = Path(target).resolve()
    _replace_folder(made, target)
    main = target / f"{target.name}.ipynb"
    return main if main.is_file() else min(target.glob("*.ipynb"))


def sheets(course_dir="."):
    """Return the names of a course's sheets.

    Args:
        course_dir: The course, the folder that holds `solutions/`.

    Returns:
        Sorted list of `str`.

    Example:
        >>> sheets("no-such-course")
        []
    """
    return sorted(path.parent.name for path in Path(course_dir, "solutions").glob("*/*.ipynb") if _is_main(path))


def last_error(log):
    """Return the line of an nbgrader log that says what went wrong.

    Args:
        log: What nbgrader wrote.

    Returns:
        One line: the first exception, which caused all others, else the last error message or line.

    Example:
        >>> last_error("Traceback (most recent call last):" + chr(10) + "ValueError: no points")
        'ValueError: no points'
    """
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in log.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b.*:", line)]
    errors = [line.split("] ", 1)[1] for line in lines if re.match(r"\[\S+ \| ERROR\] .", line)]
    return raised[0] if raised else (errors or lines or ["no message"])[-1]


def _is_main(path):
    return path.stem == path.parent.name


def _open(path, marks):
    """Read a notebook, with this course's marks in the place of another's."""
    notebook, cells = Notebook.open(path), []
    for cell in notebook.cells:
        text = cell.source
        for theirs, ours in marks:
            text = text.replace(theirs, ours)
        cells.append(dataclasses.replace(cell, source=text))
    return dataclasses.replace(notebook, cells=tuple(cells))


def _leaks(source, released):
    """Yield what a released notebook gives away, or what its stubs lack."""
    shown = {line.strip() for cell in source.cells for line in cell.visible.split("\n")}
    for part, name in (("SOLUTION", "a solution"), ("HIDDEN TESTS", "a hidden test")):
        regions = [(cell.id, region) for cell in source.cells for region in cell.secrets(part)]
        secret = {line.strip() for _, region in regions for line in region} - shown
        for cell in released.cells:
            lines = [line.strip() for line in cell.source.split("\n")]
            if f"BEGIN {part}" in cell.source or f"END {part}" in cell.source or secret & set(lines):
                yield f"cell {cell.id} of the release shows {name}. Look at its BEGIN and END marks."
            for origin, region in regions:
                wanted = [line.strip() for line in region if line.strip()]
                if len(wanted) > 1 and _holds(lines, wanted):
                    yield f"cell {cell.id} of the release shows {name} of cell {origin}. Take it out of the text."
    whole = {cell.id: cell for cell in source.cells if cell.role == "answer" and not cell.secrets("SOLUTION")}
    for cell in released.cells:
        if cell.id in whole and cell.source.strip() == whole[cell.id].source.strip() != "":
            yield f"cell {cell.id} of the release shows a solution. Put it between BEGIN and END marks."
        if released.kind == "release" and cell.role == "answer" and not _raises(cell):
            yield (
                f'cell {cell.id} of the release does not raise NotImplementedError("Question {cell.question}: ..."). '
                "Put the solution between ### BEGIN SOLUTION and ### END SOLUTION inside a function."
            )


def _holds(lines, wanted):
    """Whether `wanted` stands in `lines` as one piece, blank lines apart."""
    lines = [line for line in lines if line]
    return any(lines[start : start + len(wanted)] == wanted for start in range(len(lines)))


def _raises(cell):
    """Whether a function of the cell raises `NotImplementedError("Question N: ...")`."""
    if cell.tree is None:
        return False
    raised = [
        node
        for function in ast.walk(cell.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Raise)
    ]
    return any(f"NotImplementedError('Question {cell.question}: " in ast.unparse(node) for node in raised)


def _replace_folder(made, target):
    """Put a finished folder in the place of another, never leaving half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        shutil.copytree(made, new)
        if target.exists():
            os.replace(target, old)
        os.replace(new, target)
    except OSError as error:
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise InputError(f"{target}: cannot be written: {error.strerror or error}.") from None
    finally:
        for folder in (new, old):
            shutil.rmtree(folder, ignore_errors=True)
