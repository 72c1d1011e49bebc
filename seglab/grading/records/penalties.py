"""What being late costs, by the course's own plugin of nbgrader's `AssignLatePenalties`."""

from seglab.grading.records import templates
from seglab.grading.records.lock import only_one


class Penalties:
    """The penalties of a course; without nbgrader's step among those of `autograde` there are none.

    Args:
        course: The `Course`.
    """

    def __init__(self, course):
        from nbgrader.converters import Autograde
        from nbgrader.preprocessors import AssignLatePenalties

        converter = Autograde(config=course.config)
        steps = [step if isinstance(step, str) else step.__name__ for step in converter.autograde_preprocessors]
        self._step = None
        if any(step.rpartition(".")[2] == "AssignLatePenalties" for step in steps):
            with templates.inside(course):
                self._step = AssignLatePenalties(config=course.config)
                self._step.init_plugin()

    def apply(self, notebook, row, student):
        """Set the penalty of a submitted notebook by its points as they stand.

        Args:
            notebook: nbgrader's `SubmittedNotebook`, its `score` up to date where the submission is late.
            row: Its `SubmittedAssignment`.
            student: Name of the student.
        """
        if self._step is None:
            return
        penalty = None
        if row.total_seconds_late > 0:
            penalty = self._step.plugin_inst.late_submission_penalty(student, notebook.score, row.total_seconds_late)
            if penalty is not None:
                penalty = self._step._check_late_penalty(notebook, penalty)
        notebook.late_submission_penalty = penalty


def refresh(course, sheet):
    """Set the penalties of a sheet anew: a share of the points grows with those that a person gave since.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Raises:
        InputError: If no submission of the sheet is graded, or `seglab grade` runs.
    """
    penalties = Penalties(course)
    with only_one(course.root / ".seglab"), templates.open_graded(course, sheet) as (gradebook, assignment):
        for row in assignment.submissions if assignment.duedate is not None else ():
            if row.total_seconds_late > 0:
                for notebook in row.notebooks:
                    penalties.apply(notebook, row, row.student_id)
        gradebook.db.commit()
