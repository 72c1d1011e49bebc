"""The folder `feedback/`: a page per graded notebook, written where nbgrader's own commands look for it."""

import hashlib
import json
import os
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.feedback import cells, page
from seglab.grading.feedback.facts import Outline, read_facts, read_verdicts
from seglab.grading.jobs import open_plain
from seglab.grading.records import penalties, review, templates
from seglab.grading.records.lock import only_one
from seglab.grading.records.waiting import FEEDBACK

KEPT = ("timestamp.txt", "submission_secret.txt")
"""What `nbgrader release_feedback` reads beside the pages."""
MAX_NOTEBOOK, MAX_KEPT, MAX_PICTURE = 64 << 20, 10_000, 3 << 20


def write_feedback(course, sheet, *, students=None, out=None, progress=None):
    """Write the feedback of a sheet; pages that would be the same stay as they are.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        students: Names of the students, all whose submission is graded if `None`.
        out: Folder for the pages, one folder per student in it; nbgrader's `feedback/` if `None`.
        progress: Called with `(done, total, student)` after each student; `None` for silence.

    Returns:
        List of `dict`, one per page: `student`, `notebook`, `path`, `changed`, and `error`, one line that says why
        the page lacks the notebook, or `None`.

    Raises:
        InputError: If the sheet or a student is not graded, or `seglab grade` runs.
    """
    penalties.refresh(course, sheet)  # points that a person gave since the grading change what being late costs
    pages = []
    with only_one(course.root / ".seglab"), templates.open_graded(course, sheet) as (_, assignment):
        rows = {row.student.id: row for row in assignment.submissions}
        for student in students or ():
            if student not in rows:
                raise InputError(f"student: no submission of {student!r} is graded for {sheet}.")
        chosen = sorted(set(students or rows))
        writer = _Writer(course, sheet)
        for done, student in enumerate(chosen, 1):
            folder = course.folder("feedback", sheet, student)
            folder = Path(out) / student if out is not None else folder
            try:
                pages += writer.write(rows[student], folder, tidy=out is None)
            except Exception as error:  # a folder that cannot be written, a damaged row: the others go on
                facts = {"student": student, "notebook": "", "path": str(folder), "changed": False}
                pages.append({**facts, "error": _line(error)})
            if progress is not None:
                progress(done, len(chosen), student)
        _report(course, sheet, pages, set(chosen))
    return pages


class _Writer:
    """Writes the pages of one sheet."""

    def __init__(self, course, sheet):
        self.course, self.sheet = course, sheet
        source = course.folder("source", sheet)
        self.outlines = {name: Outline(source / f"{name}.ipynb") for name in course.notebooks(sheet)}
        groupshared = course.config.get("CourseDirectory", {}).get("groupshared", False)
        said = course.config.get("GenerateFeedback", {}).get("permissions") or (664 if groupshared else 644)
        self.permissions = int(str(said), 8)

    def write(self, submission, folder, *, tidy):
        """Write the pages of one student.

        Args:
            submission: nbgrader's `SubmittedAssignment`.
            folder: Folder of the pages.
            tidy: Whether to remove what else lies there.

        Returns:
            List of `dict` as `write_feedback` returns them.
        """
        student = submission.student.id
        graded = self.course.folder("autograded", self.sheet, student)
        pages, wanted = [], set()
        for row in submission.notebooks:
            source = graded / f"{row.name}.ipynb"
            if row.name not in self.outlines or not os.path.lexists(source):  # not handed in
                continue
            path = folder / f"{row.name}.html"
            text, error = self._compose(row, source, page.read_key(path))
            if text is not None:
                self._replace(path, text.encode())
            wanted.add(path.name)
            changed = text is not None
            facts = {"student": student, "notebook": row.name, "path": str(path), "changed": changed, "error": error}
            pages.append(facts)
        if pages:
            for name in KEPT:
                content = _read_plain(graded / name, MAX_KEPT)
                if content is not None:
                    wanted.add(name)
                    if _read_plain(folder / name, MAX_KEPT) != content:
                        self._replace(folder / name, content)
        if tidy and folder.is_dir():  # what nbgrader copied there: files of the student's, pages among them
            for path in folder.iterdir():
                if path.name not in wanted and not (path.is_dir() and not path.is_symlink()):
                    path.unlink()
        return pages

    def _compose(self, row, source, known):
        """Return `(text, error)`; text is `None` where the page that is known is the same."""
        notebook, error, messages = None, None, {}
        content = _read_plain(source, MAX_NOTEBOOK)
        try:
            if content is None:
                raise InputError("it is no plain file, or too large")
            notebook = cells.parse(content)
            messages = read_verdicts(self.course, self.sheet, notebook.get("metadata"))
            if messages is None:
                messages = cells.plain_messages(notebook, self.course.clearing)
        except Exception as failure:  # whatever the notebook holds: the points can be told
            notebook, error, messages = None, _line(failure), {}
        facts = read_facts(row, self.outlines[row.name], messages)
        known_by = [page.form(), facts.to_dict(), hashlib.sha256(content or b"").hexdigest(), str(self.course.clearing)]
        key = hashlib.sha256(json.dumps(known_by).encode()).hexdigest()
        if notebook is not None:
            if key == known:
                return None, None
            try:
                notes, parts = cells.read_parts(notebook, self.course.clearing, _pictures(source.parent))
                return page.render(facts, notes, parts, key), None
            except Exception as failure:
                error = _line(failure)
        failed = f"{key}-failed"
        return (None if known == failed else page.render(facts, "", None, failed)), error

    def _replace(self, path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.unlink(missing_ok=True)
        with open(partial, "xb") as file:
            file.write(content)
        os.chmod(partial, self.permissions)
        os.replace(partial, path)


def _report(course, sheet, pages, students):
    """Put into the queue what could not be made into a page, and take out what now could."""
    failed = {(each["student"], each["notebook"]): each["error"] for each in pages if each["error"]}
    entries = {}
    before = review.read_queue(course, sheet)
    for entry in before:
        if entry["student"] in students:
            reasons = [reason for reason in entry["reasons"] if not reason.startswith(FEEDBACK)]
            entries[entry["student"], entry["notebook"]] = {**entry, "reasons": reasons}
    for (student, notebook), error in failed.items():
        new = {"student": student, "sheet": sheet, "notebook": notebook, "reasons": [], "sha256": ""}
        entries.setdefault((student, notebook), new)["reasons"].append(f"{FEEDBACK}no page of it can be made: {error}")
    entries = [entry for entry in entries.values() if entry["reasons"]]
    if entries != [entry for entry in before if entry["student"] in students]:
        review.update_queue(course, sheet, entries, students)


def _pictures(folder):
    """Return a function from the address of a picture in a submission's folder to its bytes or `None`."""

    def read(address):
        path = Path(os.path.normpath(folder / address))
        if folder not in path.parents or path.resolve() != folder.resolve() / path.relative_to(folder):
            return None
        return _read_plain(path, MAX_PICTURE)

    return read


def _read_plain(path, most):
    """Return the content of a plain file, `None` where it is none, or is longer than `most` bytes."""
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            return file.read() if size <= most else None
    except (OSError, ValueError):
        return None


def _line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
