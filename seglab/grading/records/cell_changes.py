"""Cells that come and go in a gradebook with submissions. What goes is kept in a file, and comes back with its cell."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

KINDS = ("grade", "solution", "task")


def history_path(course, sheet):
    """Return where the grades and comments of dropped cells are kept, one JSON line each.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `Path`.
    """
    return course.root / ".seglab" / "history" / f"{sheet}.jsonl"


def match_cells(gradebook, notebook, wanted, path):
    """Take cells out of a notebook of the gradebook and put others in, with the rows of all its submissions.

    nbgrader itself refuses that as soon as there is a submission.

    Args:
        gradebook: nbgrader's `Gradebook`; the changes are committed.
        notebook: nbgrader's `Notebook`.
        wanted: `dict` from `"grade"`, `"solution"`, `"task"` and `"source"` to a `dict` from the name of each cell that
            there shall be to what nbgrader must know of it.
        path: File of the history.
    """
    from nbgrader.api import SourceCell

    there = {kind: {cell.name: cell for cell in getattr(notebook, f"{kind}_cells")} for kind in (*KINDS, "source")}
    gone = [cell for kind in KINDS for name, cell in there[kind].items() if name not in wanted[kind]]
    _remember(path, [line for cell in gone for line in _lines(cell, notebook)])
    for cell in gone:
        for row in (*(cell.grades or ()), *(cell.comments or ())):
            gradebook.db.delete(row)
        gradebook.db.flush()  # rows first: they point to the cell
        gradebook.db.delete(cell)
    for name, cell in there["source"].items():
        if name not in wanted["source"]:
            gradebook.db.delete(cell)
    gradebook.db.flush()
    gradebook.db.expire(notebook)
    new = [(kind, name) for kind in KINDS for name in wanted[kind] if name not in there[kind]]
    known = _recall(path) if new else {}
    for kind, name in new:
        _add(gradebook.db, notebook, kind, name, wanted[kind][name], known)
    for name, facts in wanted["source"].items():
        if name not in there["source"]:
            gradebook.db.add(SourceCell(name=name, notebook_id=notebook.id, **facts))
    gradebook.db.commit()


def add_submissions(gradebook, notebook, submissions):
    """Give a notebook that is new to the gradebook its rows in submissions that are older.

    Args:
        gradebook: nbgrader's `Gradebook`; the changes are committed.
        notebook: nbgrader's `Notebook`.
        submissions: The `SubmittedAssignment`s of its sheet.
    """
    from nbgrader.api import Comment, Grade, SubmittedNotebook

    known = {row.assignment_id for row in notebook.submissions}
    graded = [cell.id for cell in (*notebook.grade_cells, *notebook.task_cells)]
    commented = [cell.id for cell in (*notebook.solution_cells, *notebook.task_cells)]
    for submission in submissions:
        if submission.id not in known:
            row = SubmittedNotebook(notebook_id=notebook.id, assignment_id=submission.id)
            row.grades = [Grade(cell_id=cell) for cell in graded]
            row.comments = [Comment(cell_id=cell) for cell in commented]
            gradebook.db.add(row)
    gradebook.db.commit()
    gradebook.db.expire_all()


def _add(db, notebook, kind, name, facts, known):
    """Add a cell, and to each submission its grade and comment: what a person once gave, else nothing yet."""
    from nbgrader import api

    cell = {"grade": api.GradeCell, "solution": api.SolutionCell, "task": api.TaskCell}[kind]
    cell = cell(name=name, notebook_id=notebook.id, **facts)
    db.add(cell)
    db.flush()  # gives it its id
    for row in notebook.submissions:
        student = row.assignment.student_id
        if kind != "solution":
            old = known.get(("grade", notebook.name, name, student), {})
            given = {each: old.get(each) for each in ("manual_score", "extra_credit")}
            db.add(api.Grade(cell_id=cell.id, notebook_id=row.id, needs_manual_grade=True, **given))
        if kind != "grade":
            old = known.get(("comment", notebook.name, name, student), {})
            db.add(api.Comment(cell_id=cell.id, notebook_id=row.id, manual_comment=old.get("manual_comment")))
    db.flush()


def _lines(cell, notebook):
    """Yield what is known of a cell's submissions, each with its place."""
    columns = {
        "grade": ("auto_score", "manual_score", "extra_credit", "needs_manual_grade"),
        "comment": ("auto_comment", "manual_comment"),
    }
    for what, rows in (("grade", cell.grades), ("comment", cell.comments)):
        for row in rows or ():
            place = {"what": what, "notebook": notebook.name, "cell": cell.name}
            place["student"] = row.notebook.assignment.student_id
            facts = {name: getattr(row, name) for name in columns[what]}
            yield {**place, **facts, **({"max_score": cell.max_score} if what == "grade" else {})}


def _remember(path, lines):
    """Add lines to the history and bring them to the disk, before their rows leave the gradebook."""
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    time = datetime.now(UTC).isoformat(timespec="seconds")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps({"time": time, **line}, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _recall(path):
    """Return the last line of the history for each place; a line that a crash cut short is none."""
    known = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return known
    for line in lines:
        try:
            entry = json.loads(line)
            known[tuple(entry[name] for name in ("what", "notebook", "cell", "student"))] = entry
        except (ValueError, KeyError, TypeError):
            continue
    return known
