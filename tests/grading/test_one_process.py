"""Notebooks in one ordinary process: scored as nbgrader scores them, and whatever they do stops no other."""

import shutil
import sys
from pathlib import Path

import pytest

from seglab.grading.autograde import autograde_submissions
from seglab.grading.one_process import OneProcess

sys.path.insert(0, str(Path(__file__).parent))
from sheets import answer, cell, check, notebook

ROOT = Path(__file__).parents[2]

# Name of the test: its source and its points of 2.
RULES = {
    "passes": ("assert double(2) == 4", 2),
    "raises": ("assert double(2) == 5, 'no'", 0),
    "no-python": ("assert double(2) = 4", 0),
    "partial": ("0.5", 0.5),
    "partial-numpy": ("np.float64(0.5)", 2),
    "nothing": ("0", 0),
    "negative": ("-1", 2),
    "text": ("'well done'", 2),
    "silenced": ("0.5;", 2),
    "assigned": ("score = 0.5", 2),
    "stderr": ("import sys\nprint('a warning', file=sys.stderr)", 0),
    "stderr-descriptor": ("import os\nos.write(2, b'from C');", 0),
    "stdout": ("print('fine')", 2),
    "figure": ("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()", 2),
    "shell": ("assert get_ipython() is not None\ndisplay(1)", 2),
    "after": ("assert double(3) == 6", 2),
}
SETUP = "import numpy as np\nimport matplotlib.pyplot as plt"
SHEET = notebook(
    cell(SETUP),
    answer("def double(x):\n    return 2 * x"),
    *(check(text, name, 2) for name, (text, _) in RULES.items()),
)


@pytest.fixture(scope="module")
def process():
    with OneProcess(["numpy", "matplotlib.pyplot", "os:path", "no_such_module"]) as running:
        yield running


def test_a_notebook_gets_the_points_that_nbgrader_gives(process, tmp_path):
    outcome = process.run(SHEET, tmp_path)
    assert outcome.end is None
    assert outcome.points == {name: points for name, (_, points) in RULES.items()}
    assert outcome.failures["raises"] == ("AssertionError", "no")
    assert outcome.failures["stderr"][0] == "Partial" and "a warning" in outcome.failures["stderr"][1]
    assert [label for label, _, _ in outcome.errors] == ["cell raises", "cell no-python"]
    assert outcome.seconds > 0


@pytest.mark.slow
def test_the_table_is_what_nbgrader_does(tmp_path, monkeypatch):
    from seglab.authoring import notebooks

    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # kernels leave a test's descriptors alone

    course, folder = tmp_path / "course", tmp_path / "handed-in"
    (course / "solutions" / "rules").mkdir(parents=True)
    folder.mkdir()
    shutil.copy(ROOT / "grader_config.py", course)
    sheet = notebooks.clean(SHEET)
    for path in (course / "solutions" / "rules" / "rules.ipynb", folder / "rules.ipynb"):
        notebooks.write(sheet, path)
    (result,) = autograde_submissions(course, "rules", {"ada": folder}, tmp_path / "work")
    assert {name: points for name, (points, _) in result["questions"].items()} == {
        name: points for name, (_, points) in RULES.items()
    }


def test_points_above_the_maximum_stop_nbgrader_and_give_nothing(process, tmp_path):
    outcome = process.run(notebook(check("3", "much", 2)), tmp_path)
    assert outcome.points == {"much": 0} and "maximum" in outcome.failures["much"][1]


def test_a_notebook_runs_in_its_folder_under_grading(process, tmp_path):
    (tmp_path / "given.txt").write_text("here")
    source = (
        "import os\nassert open('given.txt').read() == 'here'\nassert os.environ['NBGRADER_EXECUTION'] == 'autograde'"
    )
    assert process.run(notebook(check(source)), tmp_path).points == {"check": 1}


def test_a_notebook_that_ends_its_process_or_hangs_costs_its_own_points_only(process, tmp_path):
    rest = (check("1", "before"), cell("import os\nos._exit(3)"), check("1", "behind"))
    outcome = process.run(notebook(*rest), tmp_path)
    assert "(3)" in outcome.end and outcome.points == {"before": 1, "behind": 0}
    assert outcome.failures["behind"][0] == "NotReached"
    outcome = process.run(notebook(check("while True: pass", "hangs")), tmp_path, seconds=1)
    assert outcome.end == "stopped after 1 s in cell hangs" and outcome.points == {"hangs": 0}
    assert process.run(SHEET, tmp_path).points["after"] == 2


def test_runs_know_nothing_of_each_other(process, tmp_path):
    draw = notebook(check("np = __import__('numpy'); leak = globals().get('leak', np.random.rand())\nleak", "draw", 1))
    assert len({process.run(draw, tmp_path).points["draw"] for _ in range(3)}) == 3
