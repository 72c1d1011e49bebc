"""Everything that an analysis is made of, read once: gradebook, results of the judge, answers, manifests."""

import json
from dataclasses import dataclass, field

from seglab.authoring import notebooks
from seglab.grading.analysis.manifests import read_versions
from seglab.grading.feedback.facts import KEY, Outline
from seglab.grading.jobs import MAX_RESULT, open_plain
from seglab.grading.records import penalties, templates
from seglab.grading.records.waiting import list_waiting
from seglab.grading.repair.markers import without_markers
from seglab.grading.repair.roles import SLOTS, nbgrader_metadata, role

MAX_NOTEBOOK = 64 << 20


@dataclass(frozen=True)
class Cell:
    """A cell that gives points: notebook, `grade_id`, the question it belongs to, its role and the most it gives."""

    notebook: str
    name: str
    question: str
    role: str
    most: float


@dataclass
class Material:
    """What is known of a graded sheet.

    Attributes:
        sheet: Name of the sheet.
        most: What it can give.
        cells: List of `Cell` in the order of the sheet.
        totals: `dict` from student to points in the end, penalties taken off.
        late: Names of the students who were late.
        points: `dict` from `(student, notebook, grade_id)` to points, `None` where a person must give or look at them.
        results: `dict` from `(student, notebook)` to the judge's result, a `dict`.
        answers: `dict` from student to `dict` from `(notebook, grade_id)` to code.
        given: Code that all students were given, and the sheet's own solution; list of text.
        waiting: List of `Waiting`.
        versions: `dict` from student to `dict` from package to the version in the manifest of the submission.
        not_read: One line per graded notebook that could not be read.
    """

    sheet: str
    most: float = 0.0
    cells: list = field(default_factory=list)
    totals: dict = field(default_factory=dict)
    late: list = field(default_factory=list)
    points: dict = field(default_factory=dict)
    results: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    given: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    versions: dict = field(default_factory=dict)
    not_read: list = field(default_factory=list)


def read_material(course, sheet, progress=None):
    """Read what there is about a graded sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        progress: Called with `(done, total, student)` after each student; `None` for silence.

    Returns:
        A `Material`.

    Raises:
        InputError: If no submission of the sheet is graded, or `seglab grade` runs.
    """
    penalties.refresh(course, sheet)
    found = Material(sheet, waiting=list_waiting(course, sheet))
    for name in course.notebooks(sheet):
        _read_source(course, sheet, name, found)
    with templates.open_graded(course, sheet) as (gradebook, assignment):
        found.most = assignment.max_score
        for row in assignment.submissions:
            found.totals[row.student_id] = max(row.score - (row.late_submission_penalty or 0.0), 0.0)
            if assignment.duedate is not None and row.total_seconds_late > 0:
                found.late.append(row.student_id)
        found.points = _read_points(gradebook, assignment)
    found.totals = dict(sorted(found.totals.items()))
    for done, student in enumerate(found.totals, 1):
        for name in course.notebooks(sheet):
            _read_graded(course, sheet, student, name, found)
        versions = read_versions(course, sheet, student)
        if versions:
            found.versions[student] = versions
        if progress is not None:
            progress(done, len(found.totals), student)
    return found


def _read_source(course, sheet, name, found):
    path = course.folder("source", sheet) / f"{name}.ipynb"
    outline = Outline(path)
    cells = notebooks.read(path)["cells"]
    has_solutions = course.clearing.is_source(cells)
    for cell in cells:
        known, kind = nbgrader_metadata(cell), role(cell)
        if known.get("grade_id") in outline.roles:
            facts = (known["grade_id"], outline.titles[known["grade_id"]], kind, float(known.get("points", 0)))
            found.cells.append(Cell(name, *facts))
        if cell["cell_type"] == "code":
            found.given += [course.clearing.visible(cell, source=has_solutions), cell["source"]]


def _read_points(gradebook, assignment):
    from nbgrader.api import BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook

    rows = (
        gradebook.db.query(
            *(SubmittedAssignment.student_id, Notebook.name, BaseCell.name),
            *(Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade),
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(SubmittedAssignment.assignment_id == assignment.id)
    )
    points = {}
    for student, notebook, cell, auto, manual, extra, waits in rows:
        given = manual if manual is not None else auto
        points[student, notebook, cell] = None if waits else (given or 0.0) + (extra or 0.0)
    return points


def _read_graded(course, sheet, student, name, found):
    path = course.folder("autograded", sheet, student) / f"{name}.ipynb"
    try:
        with open_plain(path) as file:
            graded = json.loads(file.read(MAX_NOTEBOOK))
        answers = found.answers.setdefault(student, {})
        for cell in graded["cells"]:
            if cell["cell_type"] == "code" and role(cell) in SLOTS:
                text = without_markers("".join(cell["source"]))
                answers[name, nbgrader_metadata(cell)["grade_id"]] = text
        key = graded["metadata"]["seglab"]["key"]
        if key is None or not KEY.fullmatch(key):  # there was nothing to run
            return
        with open_plain(course.root / ".seglab" / "jobs" / sheet / key / "result.json") as file:
            result = json.loads(file.read(MAX_RESULT))
        if isinstance(result["cells"], dict):
            found.results[student, name] = result
    except FileNotFoundError:  # not handed in, or graded by nbgrader itself
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found.not_read.append(f"{student}/{name}: {type(error).__name__}: {error}"[:200])
