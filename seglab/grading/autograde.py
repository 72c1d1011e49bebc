"""Run nbgrader's autograder over submissions in a course of its own, and read the scores."""

import re
import shutil
from pathlib import Path

from seglab.authoring.release import last_error
from seglab.authoring.scratch import copy_course, run_nbgrader
from seglab.errors import InputError


def autograde_submissions(course_dir, sheet, submissions, work_dir):
    """Grade submissions of one sheet with nbgrader, whatever the working directory.

    The course is copied to `work_dir`, with a gradebook of its own; the autograded notebooks stay there.
    One student's broken notebook never stops the others.

    Args:
        course_dir: The course, the folder that holds `grader_config.py` and `solutions/`.
        sheet: Name of the sheet.
        submissions: `dict` from student to the folder with what the student handed in: the notebook
            under its own name, and the files it needs.
        work_dir: An empty folder, or one that does not exist yet.

    Returns:
        List of `dict`, one per student in the order given:
        `student`; `score` and `max_score`, the points that the tests gave and could give; `manual_max`, the
        points that a person gives; `questions`, from `grade_id` to `(points, max)`, points `None` where a
        person must give them; `needs_manual`; `error`, one line, or `None` where nbgrader graded the notebook.
        With an error, `score` is 0, `max_score` and `manual_max` are as for the others and no question is listed.

    Raises:
        InputError: If the course, the sheet or a folder is missing, a student's name cannot be a folder's
            name, `work_dir` is not empty, or nbgrader rejects the sheet itself.
    """
    for student, folder in submissions.items():
        if not student or any(character in student for character in "/\\+*?[") or student.startswith("."):
            raise InputError(f"submissions: {student!r} cannot be a student's name: no slash, plus or wildcard in it.")
        if not Path(folder).is_dir():
            raise InputError(f"submissions: {student} handed in {folder}, which is no folder.")
    course = copy_course(course_dir, sheet, work_dir)
    succeeded, log = run_nbgrader(course, "generate_assignment", sheet)
    if not succeeded:
        raise InputError(f"solutions/{sheet}: nbgrader cannot release it: {last_error(log)}")

    errors, pending = {}, []
    for student, folder in submissions.items():
        if (Path(folder) / f"{sheet}.ipynb").is_file():
            shutil.copytree(folder, course / "submitted" / student / sheet)
            pending.append(student)
        else:
            errors[student] = f"handed in no {sheet}.ipynb"
    while pending:
        _, log = run_nbgrader(course, "autograde", sheet)
        found = _errors_in(log, sheet)
        left = sorted(
            (each for each in pending if not _is_graded(course, sheet, each)), key=lambda each: f"{each}/{sheet}"
        )
        pending = [student for student in left if student not in found]
        if pending:
            # nbgrader goes by path, and some damage makes it give up on all that follow: the first one that is
            # left did it, and the others get another run.
            found[pending.pop(0)] = last_error(log.split("Traceback")[0])
        for student in left:
            if student in found:
                errors[student] = found[student]
                shutil.rmtree(course / "submitted" / student)
    return _read_scores(course, sheet, list(submissions), errors)


def _errors_in(log, sheet):
    """Return what an nbgrader log says of single students: `dict` from student to one line."""
    start = rf"(?:error processing|While processing) assignment:? .*submitted/([^/\n]+)/{re.escape(sheet)}(.*)"
    parts = re.split(start, log)
    return {
        student: "the kernel hung and could not be interrupted" if "unresponsive" in rest else last_error(text)
        for student, rest, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def _is_graded(course, sheet, student):
    return (course / "autograded" / student / sheet / f"{sheet}.ipynb").is_file()


def _read_scores(course, sheet, students, errors):
    """Return the results from the gradebook, in the order of the students."""
    from nbgrader.api import Gradebook

    results = []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "seglab") as gradebook:
        cells = [cell for notebook in gradebook.find_assignment(sheet).notebooks for cell in notebook.grade_cells]
        by_hand = {
            cell.name for notebook in gradebook.find_assignment(sheet).notebooks for cell in notebook.solution_cells
        }
        limits = {
            "max_score": sum(cell.max_score for cell in cells if cell.name not in by_hand),
            "manual_max": sum(cell.max_score for cell in cells if cell.name in by_hand),
        }
        for student in students:
            result = {"student": student, "score": 0.0, **limits, "questions": {}, "needs_manual": False, "error": None}
            results.append(result)
            if student in errors:
                result["error"] = errors[student]
                continue
            for notebook in gradebook.find_submission(sheet, student).notebooks:
                for grade in notebook.grades:
                    points = None if grade.needs_manual_grade else grade.score
                    result["questions"][grade.name] = (points, grade.max_score)
                    result["needs_manual"] |= grade.needs_manual_grade
                    result["score"] += 0 if grade.name in by_hand or points is None else points
    return results
