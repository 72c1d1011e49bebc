"""The program that runs random tests many times tells a lucky answer from a wrong one."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from prove_chance import again


@pytest.mark.parametrize(("wrong", "says"), [(True, "passes 1 of 5 times"), (False, "passes 4 of 5 times")])
def test_an_answer_that_is_told_apart_four_times_of_five(wrong, says):
    draws = itertools.count()
    test = "draw = next(draws)\nassert (draw == 3) == wrong"
    with pytest.raises(AssertionError, match=says):
        exec(again(test, wrong=wrong, times=5), {"draws": draws, "wrong": wrong})


@pytest.mark.parametrize("wrong", [True, False])
def test_an_answer_that_is_always_told_apart(wrong):
    exec(again("assert not wrong", wrong=wrong, times=5), {"wrong": wrong})
