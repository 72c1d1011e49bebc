"""What a grading would do, without doing it: which notebooks run, whose score can change."""

from dataclasses import asdict, dataclass, field

from seglab.grading.batch import Batch
from seglab.grading.runner import complete_settings
from seglab.grading.sheet_changes import Memory
from seglab.grading.submissions import Sheet


@dataclass
class Plan:
    """What a grading would do.

    Attributes:
        sheet: Name of the sheet.
        sheet_changes: What has changed in the sheet since its last grading, one line each.
        students: One `dict` per submission: `student`, `run` (names of notebooks without a valid result) and
            `can_change`, whether its score can.
        jobs: Number of jobs that would be run; equal notebooks share one.
        errors: One line per submission that cannot be read.
    """

    sheet: str
    sheet_changes: list = field(default_factory=list)
    students: list = field(default_factory=list)
    jobs: int = 0
    errors: list = field(default_factory=list)

    def to_dict(self):
        """Return the same as `dict`, ready for JSON."""
        return asdict(self)


def plan(course, sheet, *, students=None, allow_weak=False, settings=None, seed=0, force=False, progress=None):
    """Find out what `runner.grade` with the same arguments would do. No grade, job or log is written.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        students: Names of the students, all who handed something in if `None`.
        allow_weak: As in `runner.grade`, as are `settings`, `seed` and `force`.
        settings: `dict` of limits, `None` for the course's.
        seed: Integer.
        force: Whether all jobs would run.
        progress: Called with `(done, total, text)`; `None` for silence.

    Returns:
        A `Plan`.

    Raises:
        InputError: If the sheet or a student is unknown.
    """
    prepared = Sheet(course, sheet)
    names, memory = prepared.students(students), Memory(course, prepared)
    settings = complete_settings(course, settings, allow_weak)
    nobody = {"limit": 0, "log": None, "before_first": None, "written": False}
    batch = Batch(course, prepared, settings, seed=seed, force=force, **nobody)
    found, needed = Plan(sheet, memory.lines), {}
    for number, student in enumerate(names, 1):
        try:
            submission = batch.prepare(student)
        except Exception as error:  # a folder that cannot be read: the others are planned
            found.errors.append(f"{student}: {type(error).__name__}: {' '.join(str(error).split())}"[:500])
            continue
        run = []
        for name, answers in submission.notebooks.items():
            if answers.job is None:
                continue
            key = answers.job.key
            if key not in needed:
                needed[key] = force or answers.job.result() is None
            run += [name] * needed[key]
        found.students.append({"student": student, "run": run, "can_change": bool(run) or memory.changes_scores})
        if progress is not None:
            progress(number, len(names), student)
    found.jobs = sum(needed.values())
    return found
