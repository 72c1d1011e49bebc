"""The Python side of the transposed-convolution stepper."""

import numpy as np
import pytest
import traitlets

from seglab.errors import InputError
from seglab.widgets import TransposedConvolution


def test_output_of_an_asymmetric_case_by_hand():
    demo = TransposedConvolution([[1, 2], [0, 3]], [[1, 10], [100, 1000]], strides=1)
    assert demo.output().tolist() == [[1, 12, 20], [100, 1203, 2030], [0, 300, 3000]]


def test_starts_with_all_copies_and_describes_itself():
    demo = TransposedConvolution(padding=1)
    assert demo.step == 9
    assert "3 x 3 cells with a kernel of 3 x 3, stride 2, padding 1: 5 x 5 cells" in demo.describe()


def test_static_picture_shows_output_and_copies():
    axes = TransposedConvolution([[1, 1], [1, 1]], np.ones((3, 3)), strides=2).static().axes
    texts = [[text.get_text() for text in ax.texts] for ax in axes]
    assert [len(one) for one in texts] == [4, 9, 25, 25]
    assert "".join(texts[3]) == "1121111211224221121111211"


@pytest.mark.parametrize("padding", [2, "valid", "same"])
def test_page_carries_the_settings(padding):
    page = TransposedConvolution([[7]], np.ones((5, 5)), strides=4, padding=padding).to_html()
    assert f'\\"padding\\": {padding}' in page or f'\\"padding\\": \\"{padding}\\"' in page
    assert '\\"x\\": [[7.0]]' in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.ones((2, 3))}, r"x must be square, from 1 x 1 to 4 x 4 cells, got shape \(2, 3\)"),
        ({"x": np.ones((5, 5))}, "x must be square, from 1 x 1 to 4 x 4"),
        ({"kernel": np.ones((6, 6))}, "kernel must be square, from 1 x 1 to 5 x 5"),
        ({"kernel": [[np.nan]]}, "kernel must hold finite numbers, got nan"),
        ({"strides": 5}, "strides must be a whole number from 1 to 4, got 5"),
        ({"strides": 1.5}, "strides must be a whole number from 1 to 4, got 1.5"),
        ({"padding": 3}, "padding must be one of 0, 1, 2, 'valid', 'same', got 3"),
        ({"view": "sums"}, "view must be one of 'values', 'copies', got 'sums'"),
        ({"step": 10}, "step must be a whole number from 0 to 9, one per input cell, got 10"),
        ({"x": [[1]], "kernel": [[1]], "padding": 1}, "padding"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        TransposedConvolution(**arguments)


def test_bad_changes_are_refused():
    demo = TransposedConvolution()
    with pytest.raises(InputError, match="kernel must be square"):
        demo.kernel = [[1, 2]]
    with pytest.raises(traitlets.TraitError):
        demo.strides = 9
    assert (len(demo.kernel), demo.strides) == (3, 2)
