"""The Python side of the dilation-rate demo."""

import numpy as np
import pytest

from seglab.convolution import conv2d, mean_valid_taps
from seglab.errors import InputError
from seglab.widgets import DilationRate


def test_taps_in_a_corner_by_hand():
    demo = DilationRate([2, 4, 5], map_size=5, center=(0, 4))
    places, valid = demo.taps(2)
    assert places.tolist() == [[row, col] for row in (-2, 0, 2) for col in (2, 4, 6)]
    assert places[valid].tolist() == [[0, 2], [0, 4], [2, 2], [2, 4]]
    assert demo.valid_taps() == [4, 4, 1]
    assert "rate 4 has 4 of 9 taps on the map" in demo.describe()


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_counts_are_those_of_a_convolution_of_ones(kernel):
    size = 7
    for rate in (1, 2, 3, 6, 7):
        reach = rate * (kernel // 2)
        counts = conv2d(np.ones((size, size), int), np.ones((kernel, kernel), int), dilation_rate=rate, padding=reach)
        for center in ((0, 0), (3, 5), (6, 2)):
            demo = DilationRate([rate], map_size=size, kernel=kernel, center=center)
            assert demo.valid_taps() == [counts[center]]
        assert demo.mean_taps() == [pytest.approx(counts.mean())]


def test_the_table_of_degeneration():
    means = {
        size: [round(mean, 2) for mean in DilationRate([6, 12, 18], map_size=size).mean_taps()] for size in (65, 8)
    }
    assert means == {65: [7.93, 6.92, 5.98], 8: [2.25, 1.0, 1.0]}
    assert mean_valid_taps(65, 3, 65) == 1


def test_center_beyond_a_smaller_map_counts_as_the_last():
    demo = DilationRate([1], map_size=33)
    demo.map_size = 8
    assert demo.valid_taps() == [4]


def test_static_picture_fills_what_reads_the_map():
    (ax,) = DilationRate([6], map_size=8, center=(1, 6)).static().axes
    filled, hollow = ax.lines
    assert sorted(zip(filled.get_ydata(), filled.get_xdata(), strict=True)) == [(1, 0), (1, 6), (7, 0), (7, 6)]
    assert len(hollow.get_xdata()) == 5
    assert hollow.get_markerfacecolor() == "white"
    assert filled.get_label() == "rate 6: 4 of 9 here, 2.25 on average"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rates": []}, r"rates must be one to 4 whole numbers from 1 to 24, got \[\]"),
        ({"rates": [1] * 5}, "rates must be one to 4 whole numbers from 1 to 24"),
        ({"rates": [0]}, r"rates must be one to 4 whole numbers from 1 to 24, got \[0\]"),
        ({"rates": [25]}, r"rates must be one to 4 whole numbers from 1 to 24, got \[25\]"),
        ({"map_size": 3}, "map_size must be a whole number from 4 to 65, got 3"),
        ({"kernel": 2}, "kernel must be one of 1, 3 and 5, got 2"),
        ({"map_size": 8, "center": (8, 0)}, r"center must be \(row, col\), both in \[0, 8\), got \[8, 0\]"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        DilationRate(**arguments)


def test_bad_changes_are_refused():
    demo = DilationRate()
    with pytest.raises(InputError, match="kernel must be one of"):
        demo.kernel = 4
    with pytest.raises(InputError, match="rates must be"):
        demo.rates = [6, 99]
    assert (demo.kernel, demo.rates) == (3, [6, 12, 18])
