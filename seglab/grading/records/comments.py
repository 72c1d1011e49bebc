"""The comment bank of a sheet: what a person often says of a question, and how many points that costs."""

import math
import tomllib
from dataclasses import dataclass

from seglab.errors import InputError
from seglab.grading.records import audit, templates
from seglab.grading.records.lock import only_one
from seglab.grading.records.waiting import questions_of

EXAMPLE = '[q3.units]\ntext = "Say the unit."\npoints_off = 0.5\n'
"""A bank: the question's `grade_id`, a key of your choice, what is said, and what it costs (left out: nothing)."""


@dataclass(frozen=True)
class Saved:
    """One comment of the bank.

    Attributes:
        text: What is said, Markdown.
        points_off: What it costs, 0 or more.
    """

    text: str
    points_off: float = 0.0


def bank_path(course, sheet):
    """Return where the bank of a sheet is kept, a file that you write: see `EXAMPLE`.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `Path`.
    """
    return course.root / ".seglab" / "comments" / f"{sheet}.toml"


def read_bank(course, sheet):
    """Read the bank of a sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `dict` from question to `dict` from key to `Saved`, empty where there is no file.

    Raises:
        InputError: If the file is not as it must be, or names a question that the sheet does not have.
    """
    path = bank_path(course, sheet)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is no TOML file: {error}.") from None
    known = {name for notebook in course.notebooks(sheet) for name in questions_of(course, sheet, notebook)}
    bank = {}
    for question, comments in content.items():
        if question not in known:
            raise InputError(f"{path}: {question!r} is no question of {sheet}. Questions: {', '.join(sorted(known))}.")
        if not isinstance(comments, dict):
            raise InputError(f"{path}: {question} must hold comments, such as [{question}.units], got {comments!r}.")
        bank[question] = {key: _saved(path, question, key, entry) for key, entry in comments.items()}
    return bank


def count_uses(course, sheet, bank):
    """Count how often each comment of the bank stands in the gradebook, as the bank words it now.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        bank: What `read_bank` returned.

    Returns:
        `dict` from `(question, key)` to a number.

    Raises:
        InputError: If no submission of the sheet is graded.
    """
    from nbgrader.api import BaseCell, Comment, SubmittedAssignment, SubmittedNotebook

    places = [questions_of(course, sheet, notebook) for notebook in course.notebooks(sheet)]
    with templates.open_graded(course, sheet) as (gradebook, assignment):
        said = (
            gradebook.db.query(BaseCell.name, Comment.manual_comment)
            .join(BaseCell, BaseCell.id == Comment.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .filter(SubmittedAssignment.assignment_id == assignment.id, Comment.manual_comment.isnot(None))
            .all()
        )
    uses = {}
    for question, comments in bank.items():
        answers = {known[question][1] for known in places if question in known}
        for key, saved in comments.items():
            uses[question, key] = sum(name in answers and saved.text in text.split("\n\n") for name, text in said)
    return uses


def give_comment(course, sheet, student, question, key, *, points=None):
    """Write a comment of the bank, and the points that follow, into the gradebook as formgrader does.

    The comment stands with the answer, behind what was said before. Points are taken off what a person, else the
    test, has given, else off all that the question can give.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        student: Name of the student.
        question: `grade_id` of an answer, a test or a task, or `NOTEBOOK/GRADE_ID` where several notebooks have it.
        key: Key of the comment.
        points: What the question gives in the end, whatever the bank says; `None` to follow the bank.

    Returns:
        `dict` with `student`, `notebook`, `question`, `text`, `points` and `most` (`None` where the question gives
        none), and `changed`: the same comment is given once, and costs once.

    Raises:
        InputError: If one of them is unknown, `points` is more than the question gives, or `seglab grade` runs.
    """
    notebook, question, kind, answer = _find(course, sheet, question)
    comments = read_bank(course, sheet).get(question, {})
    if key not in comments:
        known = ", ".join(comments) or "none"
        raise InputError(f"comment: {bank_path(course, sheet)} has no {key!r} for {question}. Comments: {known}.")
    saved = comments[key]
    if kind == "solution" and (points is not None or saved.points_off):
        raise InputError(f"comment: {question} gives no points of its own: name one of its tests.")
    from nbgrader.api import MissingEntry

    folder = course.root / ".seglab"
    with only_one(folder), templates.open_graded(course, sheet) as (gradebook, _):
        where = (notebook, sheet, student)
        try:
            comment = gradebook.find_comment(answer, *where)
            grade = None if kind == "solution" else gradebook.find_grade(question, *where)
        except MissingEntry:
            raise InputError(f"student: no submission of {student!r} is graded for {sheet}/{notebook}.") from None
        most = grade.max_score if grade is not None else None
        if points is not None and not 0 <= points <= most:
            raise InputError(f"points: {question} gives 0 to {most:g}, got {points:g}.")
        said = (comment.manual_comment or "").split("\n\n")
        is_new = saved.text not in said
        changed = is_new
        if is_new:
            comment.manual_comment = "\n\n".join(filter(None, [*said, saved.text]))
        if points is None and is_new and saved.points_off:
            given = (score for score in (grade.manual_score, grade.auto_score, most) if score is not None)
            points = max(next(given) - saved.points_off, 0.0)
        if points is not None and (grade.manual_score != points or grade.needs_manual_grade):
            grade.manual_score, grade.needs_manual_grade, changed = points, False, True
        gradebook.db.commit()
        facts = {"student": student, "notebook": notebook, "question": question, "text": saved.text}
        facts |= {"points": grade.score if grade is not None else None, "most": most, "changed": changed}
        if changed:
            with audit.Log(folder / "audit.jsonl") as log:
                log.add("commented", sheet=sheet, key=key, **facts)
    return facts


def _saved(path, question, key, entry):
    place = f"{path}: {question}.{key}"
    if not isinstance(entry, dict) or not set(entry) <= {"text", "points_off"}:
        raise InputError(f"{place} must hold text and, if you like, points_off.")
    text, off = entry.get("text"), entry.get("points_off", 0.0)
    if not isinstance(text, str) or not text.strip() or "\n\n" in text.strip():
        raise InputError(f"{place}: text must be one paragraph, got {text!r}.")
    if isinstance(off, bool) or not isinstance(off, int | float) or not 0 <= off < math.inf:
        raise InputError(f"{place}: points_off must be a number, 0 or more, got {off!r}.")
    return Saved(text.strip(), float(off))


def _find(course, sheet, question):
    """Return `(notebook, question, role, answer)`."""
    wanted, _, name = question.rpartition("/")
    found, known = [], []
    for notebook in course.notebooks(sheet):
        questions = questions_of(course, sheet, notebook)
        known += questions
        if name in questions and wanted in ("", notebook):
            found.append((notebook, name, *questions[name]))
    if not found:
        raise InputError(f"question: {sheet} has no {question!r}. Questions: {', '.join(known) or 'none'}.")
    if len(found) > 1:
        raise InputError(f"question: several notebooks have {name!r}: write {found[0][0]}/{name}.")
    return found[0]
