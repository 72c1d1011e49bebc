"""The picture of two rectangles: where they lie, how they differ, what is refused."""

import pytest

from seglab.errors import InputError
from seglab.visualization import show_rectangles


def test_rectangles_lie_where_their_pixels_are():
    truth, prediction = show_rectangles((1, 2, 3, 4), (5, 0, 2, 6), (8, 9), title="apart")
    assert (truth.get_xy(), truth.get_height(), truth.get_width()) == ((2, 1), 3, 4)
    assert (prediction.get_xy(), prediction.get_height(), prediction.get_width()) == ((0, 5), 2, 6)
    ax = truth.axes
    assert ax.get_xlim() == (0, 9) and ax.get_ylim() == (8, 0)
    assert ax.get_title("left") == "apart"


def test_they_differ_without_color():
    truth, prediction = show_rectangles((0, 0, 2, 2), (1, 1, 2, 2), (3, 3))
    assert truth.get_hatch() != prediction.get_hatch() and truth.get_linestyle() != prediction.get_linestyle()
    assert [text.get_text() for text in truth.axes.get_legend().get_texts()] == ["truth", "prediction"]


def test_a_rectangle_without_pixels_or_outside_is_refused():
    inside = (0, 0, 2, 2)
    for wrong in ((0, 0, 0, 2), (0, 0, 2, 0), (-1, 0, 2, 2), (0, -1, 2, 2), (2, 0, 2, 2), (0, 3, 2, 2)):
        with pytest.raises(InputError, match=r"prediction must be .* inside of 3 x 4"):
            show_rectangles(inside, wrong, (3, 4))
    with pytest.raises(InputError, match=r"truth must be .*Set size"):
        show_rectangles((0, 0, 4, 2), inside, (3, 4))
