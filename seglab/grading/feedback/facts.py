"""What a feedback page says of points: from gradebook, sheet and judge, never from the student's notebook."""

import json
import re
from dataclasses import asdict, dataclass, field

from seglab.authoring import notebooks
from seglab.grading.jobs import MAX_RESULT, open_plain
from seglab.grading.records.gradebook import NO_RESPONSE
from seglab.grading.repair.roles import SLOTS, nbgrader_metadata, role

KEY = re.compile(r"[0-9a-f]{64}")
HEADING = re.compile(r"^ {0,3}#{2,6}\s+(.+?)[\s#]*$", re.MULTILINE)


@dataclass
class Row:
    """One cell that gives points.

    Attributes:
        name: Its `grade_id`.
        role: `"test"`, `"manual"` or `"task"`.
        verdict: One or two words.
        points: What it gives, extra credit included.
        most: What it can give.
        extra: Extra credit in it.
        message: What the test said, `""` for nothing.
    """

    name: str
    role: str
    verdict: str
    points: float
    most: float
    extra: float = 0.0
    message: str = ""


@dataclass
class Facts:
    """What is known of one notebook of a submission.

    Attributes:
        student, sheet, notebook: Names.
        questions: List of `(title, rows)` in the order of the sheet.
        comments: `dict` from the `grade_id` of an answer to what a person says of it.
        points: Points without the penalty.
        most: What the notebook can give.
        penalty: Points taken off for being late.
        whole: Points and the most of all notebooks of the sheet, penalties taken off.
        waiting: Number of rows that wait for a person.
    """

    student: str
    sheet: str
    notebook: str
    questions: list = field(default_factory=list)
    comments: dict = field(default_factory=dict)
    points: float = 0.0
    most: float = 0.0
    penalty: float = 0.0
    whole: tuple = (0.0, 0.0)
    waiting: int = 0

    @property
    def rows(self):
        """All rows, `dict` from `grade_id` to `Row`."""
        return {row.name: row for _, rows in self.questions for row in rows}

    def to_dict(self):
        """Return the same as `dict`."""
        return asdict(self)


class Outline:
    """The questions of a sheet's notebook, as its author wrote them.

    Args:
        path: `Path` of the source notebook.

    Attributes:
        titles: `dict` from the `grade_id` of each cell that gives points to the heading above it, of the second level
            or lower; without one to the part of its name before the first `-`.
        roles: `dict` from `grade_id` to role.
    """

    def __init__(self, path):
        self.titles, self.roles, title = {}, {}, None
        for cell in notebooks.read(path)["cells"]:
            name, kind = nbgrader_metadata(cell).get("grade_id"), role(cell)
            if cell["cell_type"] == "markdown" and kind not in SLOTS:
                found = HEADING.findall(cell["source"])
                title = re.sub(r"[*`$]", "", found[-1]) if found else title
            if kind in ("test", "manual", "task"):
                self.titles[name], self.roles[name] = title or str(name).partition("-")[0], kind


def read_facts(row, outline, messages):
    """Read what the gradebook says of one notebook.

    Args:
        row: nbgrader's `SubmittedNotebook`.
        outline: The `Outline` of the sheet's notebook.
        messages: `dict` from `grade_id` of a test to what it said.

    Returns:
        `Facts`.
    """
    whole = row.assignment
    facts = Facts(row.student.id, whole.assignment.name, row.name)
    facts.points, facts.most, facts.penalty = row.score, row.max_score, row.late_submission_penalty or 0.0
    facts.whole = (whole.score - (whole.late_submission_penalty or 0.0), whole.max_score)
    said = {comment.name: comment for comment in row.comments}
    facts.comments = {name: comment.manual_comment for name, comment in said.items() if comment.manual_comment}
    rows = {}
    for grade in row.grades:
        kind = outline.roles.get(grade.name, "test")
        unanswered = grade.name in said and said[grade.name].auto_comment == NO_RESPONSE
        verdict = _verdict(grade, kind, unanswered)
        rows[grade.name] = Row(grade.name, kind, verdict, grade.score, grade.max_score, grade.extra_credit or 0.0)
        rows[grade.name].message = messages.get(grade.name, "") if grade.score < grade.max_score else ""
        facts.waiting += bool(grade.needs_manual_grade)
    order = {name: place for place, name in enumerate(outline.titles)}
    for name in sorted(rows, key=lambda name: order.get(name, len(order))):
        title = outline.titles.get(name, name)
        if not facts.questions or facts.questions[-1][0] != title:
            facts.questions.append((title, []))
        facts.questions[-1][1].append(rows[name])
    return facts


def _verdict(grade, kind, unanswered):
    if grade.needs_manual_grade:
        return "a person will look at it" if kind == "test" else "not graded yet"
    if kind != "test" or grade.manual_score is not None:
        return "no answer" if unanswered and grade.manual_score is None else "graded by a person"
    return "passed" if grade.score >= grade.max_score else "passed in part" if grade.score > 0 else "failed"


def read_verdicts(course, sheet, metadata):
    """Read what the judge said of a notebook.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        metadata: Metadata of the autograded notebook. Its key is all that is taken from it: it names the result, and
            nobody can guess another's.

    Returns:
        `dict` from `grade_id` to message; `None` where the judge has not graded the notebook, or its result is gone.
    """
    known = metadata.get("seglab") if isinstance(metadata, dict) else None
    if not isinstance(known, dict):
        return None
    key = known.get("key")
    if key is None:
        return {}  # there was nothing to run
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return None
    try:
        with open_plain(course.root / ".seglab" / "jobs" / sheet / key / "result.json") as file:
            cells = json.loads(file.read(MAX_RESULT))["cells"]
        return {name: str(cell["error"]) for name, cell in cells.items() if cell["error"] is not None}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
