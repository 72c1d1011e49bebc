"""Equations of small arrays: the numbers, their order and marks, on an example with sides of different length."""

from itertools import pairwise

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.visualization import Numbers, show_numbers

X = np.array([[0, 1, 5], [2, 3, 4]])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_numbers_and_signs_stand_in_reading_order():
    ax = show_numbers([Numbers(X, "x"), "=", Numbers([7, 8])])
    assert texts(ax) == ["0", "1", "5", "2", "3", "4", "x", "=", "7", "8"]


def test_a_cell_stands_right_of_its_left_neighbor_and_below_its_upper_one():
    ax = show_numbers([Numbers(X)])
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places["1"][0] - places["0"][0] == 1 and places["1"][1] == places["0"][1]
    assert places["2"][1] - places["0"][1] == 1 and places["2"][0] == places["0"][0]
    bottom, top = ax.get_ylim()
    assert bottom > top, "rows count downward"


def test_arrays_do_not_touch_and_all_fit_into_the_picture():
    ax = show_numbers([Numbers(X, "a name that is longer than its array"), "+", Numbers(X), "=", Numbers(X)])
    lefts = sorted({patch.get_x() for patch in ax.patches})
    assert all(after - before > 0.999 for before, after in pairwise(lefts))
    assert ax.get_xlim()[0] <= lefts[0] and lefts[-1] + 1 <= ax.get_xlim()[1]


def test_larger_numbers_are_darker_and_the_limit_is_common_if_given():
    def lightness(ax):
        return [sum(patch.get_facecolor()[:3]) for patch in ax.patches]

    zero, one, three = lightness(show_numbers([Numbers([0, 1, -3])]))
    assert zero > one > three
    assert lightness(show_numbers([Numbers([1], limit=3)])) == [one]


def test_nan_leaves_an_empty_cell():
    ax = show_numbers([Numbers([1.5, np.nan])])
    assert texts(ax) == ["1.5"] and len(ax.patches) == 2


def test_booleans_are_drawn_as_zero_and_one():
    assert texts(show_numbers([Numbers(X > 3)])) == ["0", "0", "1", "0", "0", "1"]


def test_removed_cells_are_striped():
    ax = show_numbers([Numbers(X, removed=X > 3)])
    assert [bool(patch.get_hatch()) for patch in ax.patches] == [False, False, True, False, False, True]


def test_the_outline_goes_round_the_marked_region_only():
    ax = show_numbers([Numbers(X, marked=[[0, 1, 1], [0, 0, 1]])])
    segments = {(tuple(map(int, line.get_xdata())), tuple(map(int, line.get_ydata()))) for line in ax.lines}
    assert segments == {
        ((1, 2), (0, 0)),
        ((2, 3), (0, 0)),
        ((3, 3), (0, 1)),
        ((3, 3), (1, 2)),
        ((2, 3), (2, 2)),
        ((2, 2), (1, 2)),
        ((1, 2), (1, 1)),
        ((1, 1), (0, 1)),
    }


def test_it_draws_where_it_is_told_and_sets_the_claim():
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert show_numbers([Numbers(X)], title="Six numbers", ax=ax) is ax
    assert ax.get_title(loc="left") == "Six numbers"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["="], "at least one Numbers"),
        ([Numbers(np.zeros((2, 2, 2)))], r"got \(2, 2, 2\)"),
        ([Numbers([])], "not empty"),
        ([Numbers(X, marked=[1, 0])], r"marked must have the shape of values, \(2, 3\)"),
        ([Numbers(X, removed=X.T)], "removed must have"),
    ],
)
def test_what_cannot_be_drawn_is_refused(parts, message):
    with pytest.raises(InputError, match=message):
        show_numbers(parts)
