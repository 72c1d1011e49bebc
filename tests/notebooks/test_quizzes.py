"""Every quiz of every lesson: open it stops nothing, right answers pass, wrong ones are told apart.

`tests/answers/quizzes/LESSON.py` holds for each quiz cell `(text to replace, right replacement, wrong ones ...)` in
`QUIZZES`, and in `IMPORTS` what the cell takes from the cells before it.
"""

import runpy
from pathlib import Path

import pytest

from seglab.authoring import notebooks
from seglab.authoring.lint import find_notebooks

ROOT = Path(__file__).parents[2]
ANSWERS = {
    path.stem: runpy.run_path(str(path)) for path in sorted((ROOT / "tests" / "answers" / "quizzes").glob("*.py"))
}
CASES = [(lesson, cell) for lesson, answers in ANSWERS.items() for cell in answers["QUIZZES"]]


def cells_of(lesson):
    return {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / f"{lesson}.ipynb")["cells"]}


def quizzes_of(lesson):
    return [name for name, source in cells_of(lesson).items() if 'seglab.check("Quiz' in source]


@pytest.mark.parametrize("lesson", [path.stem for path in find_notebooks([ROOT / "course"])])
def test_every_quiz_of_a_lesson_is_tried(lesson):
    assert quizzes_of(lesson) == list(ANSWERS.get(lesson, {"QUIZZES": {}})["QUIZZES"])


@pytest.mark.parametrize(("lesson", "cell"), CASES)
def test_a_quiz_knows_right_from_wrong(lesson, cell):
    source = cells_of(lesson)[cell]
    stub, right, *wrong = ANSWERS[lesson]["QUIZZES"][cell]
    assert wrong and source.count(stub) == 1
    before = f"import numpy as np\nimport seglab\n{ANSWERS[lesson].get('IMPORTS', '')}\n"
    exec(before + source, {})  # open, it stops nothing
    exec(before + source.replace(stub, right), {})
    for answer in wrong:
        with pytest.raises(AssertionError):
            exec(before + source.replace(stub, answer), {})
