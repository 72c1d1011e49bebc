"""The Python side of the receptive-field explorer."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import ReceptiveFieldExplorer


def test_gridding_by_hand():
    # Two layers of rate 2 read every second cell: offsets -4, -2, 0, 2, 4 around the unit.
    demo = ReceptiveFieldExplorer([(3, 1, 2), (3, 1, 2)], image_size=10, unit=(5, 1))
    rows, cols = demo.cells_read()
    assert rows.tolist() == [1, 3, 5, 7, 9]
    assert cols.tolist() == [1, 3, 5]
    assert demo.field() == (9, 1, -4)
    assert "sees 9 x 9 cells and reads 15 of them" in demo.describe()


def test_cells_lie_in_the_field():
    demo = ReceptiveFieldExplorer([(3, 2), (5, 1, 3), (3, 2)], image_size=33, unit=(4, 6))
    field = demo.field()
    for index, cells in zip(demo.unit, demo.cells_read(), strict=True):
        assert cells[0] == max(0, field.start + index * field.stride)
        assert cells[-1] == min(32, field.start + index * field.stride + field.size - 1)


def test_unit_beyond_a_smaller_map_counts_as_the_last():
    demo = ReceptiveFieldExplorer([(3,)], image_size=32)
    demo.image_size = 8
    assert demo.cells_read()[0].tolist() == [6, 7]


def test_static_picture_frames_the_field():
    (ax,) = ReceptiveFieldExplorer([(3, 1, 4)], image_size=16, unit=(0, 8)).static().axes
    (frame,) = ax.patches
    assert (frame.get_xy(), frame.get_width()) == ((3.5, -4.5), 9)
    assert np.argwhere(ax.images[0].get_array() > 0).tolist() == [[row, col] for row in (0, 4) for col in (4, 8, 12)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": []}, "layers must hold from 1 to 24 layers, got 0"),
        ({"layers": [(3,)] * 25}, "layers must hold from 1 to 24 layers, got 25"),
        ({"layers": [(0, 1, 1)]}, "kernel of a layer must be a whole number from 1 to 15, got 0"),
        ({"layers": [(3, 1, 65)]}, "dilation of a layer must be a whole number from 1 to 64, got 65"),
        ({"layers": [(3, 1, 1, 1)]}, r"a layer must be \(kernel, stride, dilation\), got \(3, 1, 1, 1\)"),
        ({"image_size": 3}, "image_size must be a whole number from 4 to 512, got 3"),
        ({"layers": [(3, 8)], "unit": (4, 0)}, r"unit must be \(row, col\), both in \[0, 4\), got \[4, 0\]"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        ReceptiveFieldExplorer(**arguments)


def test_bad_changes_are_refused():
    demo = ReceptiveFieldExplorer()
    with pytest.raises(InputError, match="strides of a layer"):
        demo.layers = [(3, 9, 1)]
    assert len(demo.layers) == 3
