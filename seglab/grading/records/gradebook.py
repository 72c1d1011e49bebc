"""Results become grades where nbgrader keeps them: its gradebook and the folder of autograded notebooks."""

import copy
from dataclasses import asdict, dataclass, field

from seglab.grading import due_dates
from seglab.grading.records import autograded, database, templates
from seglab.grading.records.penalties import Penalties
from seglab.grading.submissions import TIMESTAMP, Sheet

FORM = 3  # of the autograded notebooks; another number has them all written again
NO_RESPONSE = "No response."  # nbgrader's own words


@dataclass
class Outcome:
    """What the gradebook says of one submission.

    Attributes:
        student: Name of the student.
        score: Points of tests and of persons, before a penalty.
        max_score: What the sheet can give.
        late_penalty: Points taken off.
        needs_manual_grade: Whether a person must give points or look at some.
        queue: List of `dict` as `review.read_queue` returns them.
        changed: Whether anything was written.
        before: `(score, max_score)` as the gradebook had them when the grading began, `None` for a first grading.
    """

    student: str
    score: float = 0.0
    max_score: float = 0.0
    late_penalty: float = 0.0
    needs_manual_grade: bool = False
    queue: list = field(default_factory=list)
    changed: bool = False
    before: tuple | None = None

    def to_dict(self):
        """Return the same as `dict`."""
        return asdict(self)


def merge(course, sheet, submissions, *, force=False):
    """Write graded submissions of a sheet into nbgrader's gradebook and `autograded/`.

    What a person gave stays: points, comments, extra credit. A grade that nobody can be sure of waits for a person;
    one that a person gave waits again if what was graded has changed.

    Args:
        course: The `Course`.
        sheet: Name of the sheet, or a `Sheet`.
        submissions: `Submission`s whose `Answers` carry results.
        force: Write submissions again whose result has not changed.

    Returns:
        List of `Outcome`, in the order of the submissions.

    Raises:
        InputError: If nbgrader rejects the sheet.
    """
    with Merger(course, sheet) as merger:
        return [merger.merge(submission, force=force) for submission in submissions]


class Merger:
    """Merges one submission after the other; a context manager, the only one that may write at a time.

    Args:
        course: The `Course`.
        sheet: Name of the sheet, or a `Sheet`.

    Attributes:
        before: `dict` from student to `(score, max_score)` before the gradebook got to know the sheet as it is now.

    Raises:
        InputError: If nbgrader rejects the sheet.
    """

    def __init__(self, course, sheet):
        self.course, self.sheet = course, sheet if isinstance(sheet, Sheet) else Sheet(course, sheet)
        self.gradebook = templates.open_gradebook(course)
        try:
            with database.told_in_one_line(course):
                database.add_indexes(self.gradebook)
                self.before = self.scores()
                self.templates = templates.load_sheet(course, self.sheet.name, self.gradebook)
                due = due_dates.configured(course, self.sheet.name)
                if due is not None:
                    self.gradebook.update_or_create_assignment(self.sheet.name, duedate=due)
        except BaseException:
            self.gradebook.close()
            raise
        self.penalties = Penalties(course)
        groupshared = course.config.get("CourseDirectory", {}).get("groupshared", False)
        said = course.config.get("Autograde", {}).get("permissions")
        said = said or course.config.get("BaseConverter", {}).get("permissions")
        self.permissions = int(str(said or (664 if groupshared else 444)), 8)
        assignment = self.gradebook.find_assignment(self.sheet.name)
        self.max_score = assignment.max_score
        self.names = {}  # id of a notebook or a cell -> its name
        for notebook in assignment.notebooks:
            self.names[notebook.id] = notebook.name
            cells = (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)
            self.names |= {cell.id: cell.name for cell in cells}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gradebook.close()

    def scores(self):
        """Read what the gradebook says of all submissions of the sheet.

        Returns:
            `dict` from student to `(score, max_score)`.
        """
        from nbgrader.api import Assignment, SubmittedAssignment

        columns = (SubmittedAssignment.student_id, SubmittedAssignment.score, SubmittedAssignment.max_score)
        rows = self.gradebook.db.query(*columns).join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        return {student: (score, most) for student, score, most in rows.filter(Assignment.name == self.sheet.name)}

    def merge(self, submission, *, force=False):
        """Merge one submission.

        Args:
            submission: A `Submission` whose `Answers` carry results.
            force: Write it again although its result has not changed.

        Returns:
            An `Outcome`.
        """
        with database.told_in_one_line(self.course):
            return self._merge(submission, force)

    def _merge(self, submission, force):
        folder = self.course.folder("autograded", self.sheet.name, submission.student)
        row, is_new = self._submission(submission)
        force = force or is_new  # the gradebook was started anew
        before = self.before.get(submission.student)
        outcome = Outcome(submission.student, max_score=self.max_score, before=before)
        written = {}
        for notebook in row.notebooks:
            name = self.names[notebook.notebook_id]
            answers, path = submission.notebooks[name], folder / f"{name}.ipynb"
            key = {**_key(answers), "sheet": self.templates[name].digest}
            if answers.repaired is None and not answers.doubts:
                self._give_nothing(notebook)
            elif not force and (known := autograded.read_key(path)) == key:
                written[name] = None
            else:
                composed, undecided = autograded.compose(self.templates[name].notebook, answers, key)
                is_resubmitted = force or not known or known.get("original") != key["original"]
                seen = {} if is_resubmitted else autograded.read_cells(path)
                self._grade(notebook, composed, undecided, answers.doubts, seen)
                written[name] = composed
                outcome.changed = True
        self.gradebook.db.flush()
        for notebook in row.notebooks:
            if row.total_seconds_late > 0:
                self.gradebook.db.refresh(notebook, ["score"])
            self.penalties.apply(notebook, row, submission.student)
        self.gradebook.db.commit()
        self._write(folder, written, submission)
        self._report(row, submission, outcome)
        return outcome

    def _submission(self, submission):
        from nbgrader.api import MissingEntry
        from nbgrader.utils import parse_utc

        try:
            self.gradebook.find_student(submission.student)
        except MissingEntry:
            self.gradebook.add_student(submission.student)
        facts = {}
        if submission.timestamp is not None:
            try:
                facts["timestamp"] = parse_utc(submission.timestamp)
            except (ValueError, OverflowError):
                note = f"{TIMESTAMP} holds no time: {submission.timestamp[:50]!r}"
                for answers in submission.notebooks.values():
                    answers.notes.append(note)
        try:
            self.gradebook.find_submission(self.sheet.name, submission.student)
            is_new = False
        except MissingEntry:
            is_new = True
        with self.gradebook.db.no_autoflush:
            row = self.gradebook.update_or_create_submission(self.sheet.name, submission.student, **facts)
        return row, is_new

    def _give_nothing(self, notebook):
        """Like nbgrader: a notebook that was not handed in gives nothing, and waits for nobody."""
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = 0.0, False

    def _grade(self, notebook, composed, undecided, doubts, seen):
        """Set the grades and comments of one notebook, by nbgrader's rules for its `autograde`.

        Unlike there, points that a person gave do not wait for a person again where all is as in the cells `seen`.
        """
        from nbgrader import utils

        grades = {self.names[grade.cell_id]: grade for grade in notebook.grades}
        comments = {self.names[comment.cell_id]: comment for comment in notebook.comments}
        below, settled = [], []
        for cell in composed.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in grades:
                is_settled = grades[name].manual_score is not None and not grades[name].needs_manual_grade
                if autograded.looks_as_before(cell, seen.get(name)):
                    settled += [grades[name]] * is_settled
                elif is_settled and seen:
                    grades[name].needs_manual_grade = True
            if utils.is_grade(cell):
                grade = grades[name]
                points, most = utils.determine_grade(cell)
                grade.auto_score = None if name in undecided else points
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
                if points is not None and points < most:
                    below.append(grade)
            if utils.is_solution(cell) or utils.is_task(cell):
                same = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                unanswered = same and not utils.is_task(cell) and name not in undecided
                comments[name].auto_comment = NO_RESPONSE if unanswered else None
        if doubts:  # what was found stands, what is missing may be there: nobody loses points unseen
            for grade in below or list(grades.values())[:1]:
                grade.needs_manual_grade = True
        for grade in settled:
            grade.needs_manual_grade = False

    def _write(self, folder, written, submission):
        files = dict(submission.files)
        files |= self.sheet.files
        if written:
            autograded.write_folder(folder, written, files, self.permissions)

    def _report(self, row, submission, outcome):
        outcome.score, outcome.late_penalty = row.score, row.late_submission_penalty or 0.0
        outcome.needs_manual_grade = bool(row.needs_manual_grade)
        for notebook in row.notebooks:
            answers = submission.notebooks[self.names[notebook.notebook_id]]
            reasons = _reasons(answers)
            if reasons and notebook.needs_manual_grade:
                sha256 = answers.repaired.sha256 if answers.repaired is not None else ""
                facts = {"student": submission.student, "sheet": self.sheet.name, "notebook": answers.name}
                outcome.queue.append({**facts, "reasons": reasons, "sha256": sha256})


def _key(answers):
    """What an autograded notebook depends on."""
    facts = {"form": FORM, "key": answers.job.key if answers.job is not None else None}
    facts["original"] = answers.repaired.sha256 if answers.repaired is not None else None
    return {**facts, "error": (answers.result or {}).get("error"), "doubts": copy.copy(answers.doubts)}


def _reasons(answers):
    error = (answers.result or {}).get("error")
    return [*answers.doubts, *([f"not graded to its end: {error}"] if error else [])]
