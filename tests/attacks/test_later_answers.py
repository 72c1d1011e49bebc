"""Answers behind a hostile one, with the limits that a grading has by default: right points, or a word to a person."""

import pytest
from sheets import answer, check, notebook, submit, write_job

from seglab.grading.judging.worker import grade_job
from seglab.grading.processes.zygote import Zygote

TESTS = [check(f"assert first({number}) == {number}", f"first-{number}") for number in range(4)]
SHEET = notebook(
    answer("def first(x):\n    return x", "first"),
    *TESTS,
    answer("def second():\n    return 2", "second"),
    check("assert second() == 2", "second-test"),
)


@pytest.fixture(scope="module")
def zygote():
    with Zygote() as running:
        yield running


@pytest.mark.parametrize("times", [2, 4])
def test_a_process_that_dies_takes_no_later_answer_with_it(zygote, tmp_path, times):
    dies = f"import os\ndef first(x):\n    return os._exit(0) if x < {times} else x"
    book = submit(SHEET, first=dies)
    result = grade_job(write_job(tmp_path / "job", SHEET, book, allow_weak_sandbox=True), zygote)
    assert all(result["cells"][f"first-{number}"]["points"] == (number >= times) for number in range(4))
    assert result["cells"]["second-test"]["points"] == 1 and result["error"] is None
