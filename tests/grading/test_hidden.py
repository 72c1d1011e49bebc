"""What hidden tests get of the judge: its seed, which no student's process has, and a place in the result."""

import json
import sys
from pathlib import Path

import pytest

from seglab.grading import hidden, runner
from seglab.grading.judging.worker import grade_job
from seglab.grading.processes.zygote import Zygote

sys.path.insert(0, str(Path(__file__).parent))
from sheets import answer, cell, check, notebook, write_job

SEED = """
from seglab.grading import hidden, runner
assert ask() == 7
hidden.report(seed=str(hidden.seed()), half=0.5, bad=float("nan"), worse=[1], huge=10**400)
"""
SHEET = notebook(
    cell("import numpy as np"),
    answer("def ask():\n    return 7"),
    check(f"### BEGIN HIDDEN TESTS{SEED}### END HIDDEN TESTS", "one"),
    check("### BEGIN HIDDEN TESTS\nassert ask() == 7\n### END HIDDEN TESTS", "two"),
)
SPY = """
from seglab.grading import hidden, runner
hidden.report(score=1.0)
def ask():
    hidden.report(score=1.0, seed="mine")
    print("seen", hidden.seed(), hidden.seed())
    return 7
"""


@pytest.fixture(scope="module")
def zygote():
    with Zygote(["numpy", "seglab.grading.hidden"]) as running:
        yield running


def graded(folder, zygote, source=None, **options):
    submission = SHEET if source is None else notebook(SHEET["cells"][0], answer(source), *SHEET["cells"][2:])
    result = grade_job(write_job(folder, SHEET, submission, allow_weak_sandbox=True, **options), zygote)
    assert result["error"] is None
    return result


def test_what_a_test_reports_stands_beside_its_points(zygote, tmp_path):
    result = graded(tmp_path, zygote)
    assert result["score"] == 2
    reported = result["cells"]["one"]["reported"]
    assert set(reported) == {"seed", "half"} and reported["half"] == 0.5
    assert "reported" not in result["cells"]["two"]
    assert json.loads((tmp_path / "result.json").read_text()) == result


def test_all_submissions_of_a_grading_get_one_seed_and_another_grading_another(zygote, tmp_path):
    seeds = []
    for number, (source, options) in enumerate([(None, {}), ("ask = lambda: 7", {}), (None, {"secret": "x"})]):
        result = graded(tmp_path / str(number), zygote, source, **options)
        seeds.append(result["cells"]["one"]["reported"]["seed"])
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_student_neither_reports_nor_learns_the_seed(zygote, tmp_path):
    honest, spied = graded(tmp_path / "a", zygote), graded(tmp_path / "b", zygote, SPY)
    assert spied["cells"]["one"]["reported"] == honest["cells"]["one"]["reported"]
    assert "reported" not in spied["cells"]["two"]
    assert honest["cells"]["one"]["reported"]["seed"] not in json.dumps(spied["log"])


def test_elsewhere_the_seed_is_new_each_time():
    assert hidden.seed() != hidden.seed()


def test_a_report_has_an_end():
    hidden.report(**{f"n{number}": number for number in range(50)}, text="x")
    hidden.report(text="y" * 500)
    reported = hidden.take_report()
    assert len(reported) == hidden.MOST and hidden.take_report() == {}
    hidden.report(text="y" * 500, switch=True)
    assert hidden.take_report() == {"text": "y" * 200}


def test_the_secret_of_a_course_is_made_once_and_for_its_owner_alone(tmp_path):
    first = runner._secret_of(tmp_path / "a" / ".seglab")
    assert len(first) == 32 and first == runner._secret_of(tmp_path / "a" / ".seglab")
    assert (tmp_path / "a" / ".seglab" / "secret").stat().st_mode & 0o777 == 0o600
    assert first != runner._secret_of(tmp_path / "b" / ".seglab")
