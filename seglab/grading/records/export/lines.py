"""What is exported of a student and a sheet, read from gradebook, queue and originals."""

from dataclasses import asdict, dataclass

from seglab.grading.collecting.originals import Originals
from seglab.grading.records import penalties, templates
from seglab.grading.records.waiting import FEEDBACK, list_waiting


@dataclass
class Line:
    """One student and one sheet.

    Attributes:
        student: The student's id in the course.
        sheet: Name of the sheet.
        first_name, last_name, email: What the gradebook knows, `""` for nothing.
        score: Points before a penalty, `None` where no submission is graded.
        most: What the sheet can give.
        late_penalty: Points taken off for being late.
        attempt: Which of the student's attempts counts, `None` where `seglab collect` did not bring it.
        attempts: How many there are.
        handed_in: Time in UTC, `2027-03-01 22:59:00`; `""` where it is unknown.
        seconds_late: Seconds after the due date.
        is_there: Whether something was handed in.
        waits: Whether a person must look at it.
    """

    student: str
    sheet: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    score: float | None = None
    most: float = 0.0
    late_penalty: float = 0.0
    attempt: int | None = None
    attempts: int = 0
    handed_in: str = ""
    seconds_late: float = 0.0
    is_there: bool = False
    waits: bool = False

    @property
    def final(self):
        """Points in the end, `None` where no submission is graded."""
        return None if self.score is None else max(self.score - self.late_penalty, 0.0)

    def to_dict(self):
        """Return the same as `dict`."""
        return {**asdict(self), "final": self.final}


def read_lines(course, sheet):
    """Read what there is to export of a sheet, penalties by the points as they stand now.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `dict` from student to `Line`, sorted: all students whom the gradebook knows or who handed something in.

    Raises:
        InputError: If no submission of the sheet is graded, or `seglab grade` runs.
    """
    penalties.refresh(course, sheet)
    waiting = {each.student for each in list_waiting(course, sheet) if not each.reason.startswith(FEEDBACK)}
    with templates.open_graded(course, sheet) as (gradebook, assignment):
        lines = {student.id: _new_line(student, sheet, assignment) for student in gradebook.students}
        for row in assignment.submissions:
            line = lines[row.student_id]
            line.score, line.late_penalty = row.score, row.late_submission_penalty or 0.0
            line.handed_in = row.timestamp.strftime("%Y-%m-%d %H:%M:%S") if row.timestamp is not None else ""
            line.seconds_late = float(row.total_seconds_late) if assignment.duedate is not None else 0.0
            line.is_there, line.waits = True, bool(row.needs_manual_grade) or row.student_id in waiting
        most = assignment.max_score
    for student in {*course.submissions(sheet), *waiting}:
        line = lines.setdefault(student, Line(student, sheet, most=most))
        if line.score is None:  # handed in and not graded: that is no zero
            line.is_there = line.waits = True
    originals = Originals(course.root, sheet)
    for student, line in lines.items():
        _count_attempts(line, originals, student)
    return dict(sorted(lines.items()))


def _new_line(student, sheet, assignment):
    names = (student.first_name or "", student.last_name or "", student.email or "")
    return Line(student.id, sheet, *names, most=assignment.max_score)


def _count_attempts(line, originals, student):
    now = originals.current(student)["now"]
    if now is not None:
        attempts = [each["attempt"] for each in originals.attempts(student)]
        line.attempts = len(attempts)
        line.attempt = attempts.index(now["attempt"]) + 1 if now["attempt"] in attempts else None
