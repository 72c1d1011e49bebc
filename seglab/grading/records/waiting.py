"""What waits for a person, and why: questions without points in the gradebook, doubts in the queue."""

from dataclasses import asdict, dataclass

from seglab.authoring import notebooks
from seglab.grading.records import review, templates
from seglab.grading.records.lock import only_one
from seglab.grading.repair.roles import SLOTS, nbgrader_metadata, role

FEEDBACK = "feedback: "
"""How reasons begin that no grade settles, but the next `seglab feedback`."""
KINDS = {
    "manual": "a person gives the points",
    "doubt": "its points are not certain",
    "no verdict": "its test has no verdict",
    "changed": "a person gave points, and the answer has changed since",
    "failed": "could not be graded",
}
"""Why something waits, and what is said where the queue says no more."""


@dataclass(frozen=True)
class Waiting:
    """One thing that a person must look at.

    Attributes:
        student: Name of the student.
        notebook: Name of the notebook, `""` for the whole submission.
        question: `grade_id` of the cell that waits, `""` for the whole notebook.
        kind: One of `KINDS`.
        reason: Why, one line.
        address: Where nbgrader's formgrader shows it, a path on the notebook server; `""` where there is nothing.
    """

    student: str
    notebook: str
    question: str
    kind: str
    reason: str
    address: str

    def to_dict(self):
        """Return the same as `dict`."""
        return asdict(self)


def list_waiting(course, sheet, *, students=None):
    """List what waits for a person; what has been settled since leaves the queue.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        students: Names of the students, all if `None`.

    Returns:
        List of `Waiting`, ordered by student, notebook and the questions of the sheet.

    Raises:
        InputError: If no submission of the sheet is graded, or something has been settled while `seglab grade` runs.
    """
    questions = {name: questions_of(course, sheet, name) for name in course.notebooks(sheet)}
    with templates.open_graded(course, sheet) as (gradebook, assignment):
        grades = _waiting_grades(gradebook, assignment)
        addresses = _addresses(gradebook, assignment)
    queue = _settle(course, sheet, {key[:2] for key in grades}, addresses)
    found, told = [], set()  # told: reasons that stand with a question
    for (student, notebook, name), (auto, manual) in grades.items():
        kind, answer = questions.get(notebook, {}).get(name, ("test", name))
        own = (f"{name}: ", f"{answer}: ")
        reasons = [reason for reason in queue.get((student, notebook), ()) if reason.startswith(own)]
        told |= {(student, notebook, reason) for reason in reasons}
        if manual is not None:
            kind = "changed"
        elif kind == "test":
            kind = "no verdict" if auto is None else "doubt"
        else:
            kind = "doubt" if reasons else "manual"
        reason = "; ".join(reasons) or KINDS[kind]
        found.append(Waiting(student, notebook, name, kind, reason, addresses.get((student, notebook), "")))
    unexplained = {(each.student, each.notebook) for each in found if each.reason == KINDS["doubt"]}
    for (student, notebook), reasons in queue.items():
        for reason in reasons:
            settled = (
                reason.partition(": ")[0] in questions.get(notebook, {}) and (student, notebook) not in unexplained
            )
            if not settled and (student, notebook, reason) not in told:
                kind = "doubt" if notebook else "failed"
                found.append(Waiting(student, notebook, "", kind, reason, addresses.get((student, notebook), "")))
    order = {(notebook, name): place for notebook, known in questions.items() for place, name in enumerate(known)}
    found = [each for each in found if not students or each.student in students]
    return sorted(found, key=lambda each: (each.student, each.notebook, order.get((each.notebook, each.question), -1)))


def questions_of(course, sheet, notebook):
    """Return what each cell of a sheet's notebook that nbgrader knows is for.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        notebook: Name of the notebook.

    Returns:
        `dict` from `grade_id` to `(role, answer)`, in the order of the cells: the role as `repair.roles.role` names
        it, and the `grade_id` of the answer that a test tests, the last one above it; of other cells their own.
    """
    found, answer = {}, None
    for cell in notebooks.read(course.folder("source", sheet) / f"{notebook}.ipynb")["cells"]:
        name, kind = nbgrader_metadata(cell).get("grade_id"), role(cell)
        if kind in SLOTS:
            answer = name
        if kind in (*SLOTS, "test", "task"):
            found[name] = (kind, (answer or name) if kind == "test" else name)
    return found


def _waiting_grades(gradebook, assignment):
    """Return `dict` from `(student, notebook, question)` to `(auto_score, manual_score)`."""
    from nbgrader.api import BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook

    rows = (
        gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(SubmittedAssignment.assignment_id == assignment.id, Grade.needs_manual_grade)
    )
    return {(student, book, cell): (grade.auto_score, grade.manual_score) for student, book, cell, grade in rows}


def _addresses(gradebook, assignment):
    """Return `dict` from `(student, notebook)` to the formgrader's path."""
    from nbgrader.api import Notebook, SubmittedAssignment, SubmittedNotebook

    rows = (
        gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, SubmittedNotebook.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .filter(SubmittedAssignment.assignment_id == assignment.id)
    )
    return {(student, book): f"/formgrader/submissions/{key}/" for student, book, key in rows}


def _settle(course, sheet, waiting, known):
    """Take from the queue what no longer waits.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        waiting: Set of `(student, notebook)` with a grade that waits.
        known: What the gradebook has, by `(student, notebook)`.

    Returns:
        The queue that is left, `dict` from `(student, notebook)` to reasons.
    """

    def left_of(entry):
        key = (entry["student"], entry["notebook"])
        is_open = key in waiting or key not in known
        return [reason for reason in entry["reasons"] if is_open or reason.startswith(FEEDBACK)]

    queue = review.read_queue(course, sheet)
    if any(left_of(entry) != entry["reasons"] for entry in queue):
        with only_one(course.root / ".seglab"):
            queue = [{**entry, "reasons": left_of(entry)} for entry in review.read_queue(course, sheet)]
            kept = [entry for entry in queue if entry["reasons"]]
            queue = review.update_queue(course, sheet, kept, {entry["student"] for entry in queue})
    return {(entry["student"], entry["notebook"]): entry["reasons"] for entry in queue}
