"""Every weekly sheet under the real nbgrader and through the judge: the same points, cell by cell.

`seglab release` proves a sheet in processes of its own; here nbgrader itself grades it. The lab has its own file.
"""

import itertools
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from seglab.authoring import notebooks
from seglab.authoring.answers import answers_of
from seglab.authoring.release import sheets
from seglab.grading.autograde import autograde_submissions
from seglab.grading.course import Course
from seglab.grading.runner import grade

ROOT = Path(__file__).parents[2]
SHEETS = [name for name in sheets(ROOT) if name.startswith("ex")]
ROWS = {"some": slice(0, 1), "the rest": slice(1, None)}


def rows(sheet):
    """Put one wrong answer per question into each submission: questions are independent."""
    by_question = itertools.groupby(answers_of(sheet, ROOT), key=lambda answer: answer.path.name[:2])
    return [tuple(filter(None, row)) for row in itertools.zip_longest(*(list(group) for _, group in by_question))]


def hand_in(folder, sheet, source, wrong=()):
    notebook = notebooks.read(source)
    for answer in wrong:
        answer.put_into(notebook)
    folder.mkdir(parents=True)
    notebooks.write(notebook, folder / f"{sheet}.ipynb")
    return folder


@pytest.mark.parametrize("which", ["some", pytest.param("the rest", marks=pytest.mark.slow)])
@pytest.mark.parametrize("sheet", SHEETS)
def test_nbgrader_and_the_judge_agree(sheet, which, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    shutil.copy(ROOT / "grader_config.py", course)
    shutil.copytree(ROOT / "solutions" / sheet, course / "solutions" / sheet)
    solution, released = (ROOT / folder / sheet / f"{sheet}.ipynb" for folder in ("solutions", "labs"))
    wrong = dict(enumerate(rows(sheet)))
    submissions = {f"wrong{number}": (solution, wrong[number]) for number in list(wrong)[ROWS[which]]}
    if which == "some":
        submissions |= {"reference": (solution, ()), "untouched": (released, ())}
    folders = {name: hand_in(tmp_path / "in" / name, sheet, *facts) for name, facts in submissions.items()}

    results = {row["student"]: row for row in autograde_submissions(course, sheet, folders, tmp_path / "graded")}
    for name, folder in folders.items():
        shutil.copytree(folder, course / "submitted" / name / sheet)
    summary = grade(Course(course), sheet, allow_weak=True)
    assert summary.errors == summary.queue == []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "seglab") as gradebook:
        for name, (_, answers) in submissions.items():
            assert results[name]["error"] is None
            points = {test: score for test, (score, _) in results[name]["questions"].items()}
            most = {test: points for test, (_, points) in results[name]["questions"].items()}
            lost = {test: loss for answer in answers for test, loss in answer.loses.items()}
            lost = most if name == "untouched" else lost
            assert points == {test: most[test] - lost.get(test, 0) for test in most}, name
            (graded,) = gradebook.find_submission(sheet, name).notebooks
            assert {each.name: each.score for each in graded.grades} == points, name
