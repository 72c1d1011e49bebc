import itertools
import math

import pytest
from matplotlib.figure import Figure

from seglab import visualization
from seglab.visualization.canvas import axes_or_new, series_styles

HISTORIES = {"FCN": {"loss": [1.0, 0.6, 0.5]}, "U-Net": {"loss": [0.9, 0.5, 0.499]}}


def heights(ax):
    return sorted(ax.transData.transform((0, text.get_position()[1]))[1] for text in ax.texts)


def test_epochs_count_from_one_and_values_are_drawn():
    first, second = visualization.show_curves(HISTORIES, "loss", label="training loss", title="Both fall")
    assert first.get_xdata().tolist() == [1, 2, 3]
    assert second.get_ydata().tolist() == [0.9, 0.5, 0.499]
    assert first.axes.get_ylabel() == "training loss" and first.axes.get_xlabel() == "epoch"
    assert first.axes.get_title(loc="left") == "Both fall"


def test_lines_are_named_at_their_ends():
    ax = Figure().add_subplot()
    visualization.show_curves(HISTORIES, "loss", ax=ax)
    assert {text.get_text() for text in ax.texts} == {"FCN 0.500", "U-Net 0.499"}


@pytest.mark.parametrize("limits", [None, (0, 1), (0, 10)])
def test_names_keep_apart_also_after_the_limits_change(limits):
    histories = {f"m{k}": {"loss": [1.0, 0.5 + 0.001 * k]} for k in range(5)}
    ax = Figure(figsize=(5, 3.4)).add_subplot()
    visualization.show_curves(histories, "loss", ax=ax)
    if limits:
        ax.set_ylim(*limits)
    placed = heights(ax)
    assert min(b - a for a, b in itertools.pairwise(placed)) > 12  # pixels: a line of small text


def test_one_epoch_missing_values_and_missing_keys():
    histories = {"a": {"loss": [0.5]}, "b": {"loss": [None, math.nan]}, "c": {}, "d": None, "e": {"loss": [None, 0.4]}}
    lines = visualization.show_curves(histories, "loss")
    assert [line.get_label() for line in lines] == ["a", "e"]
    lines[0].axes.figure.canvas.draw()
    assert visualization.show_curves({}, "loss") == []
    assert visualization.show_curves({"a": {}}, "loss") == []


def test_series_differ_by_marker_and_lightness():
    for count in (1, 2, 5, 8):
        styles = series_styles(count)
        assert len({style["marker"] for style in styles}) == count
        light = [sum(int(style["color"][i : i + 2], 16) for i in (1, 3, 5)) for style in styles]
        assert light == sorted(light, reverse=True) and len(set(light)) == count
    assert series_styles(0) == []


def test_given_axes_are_used():
    ax = Figure().add_subplot()
    assert axes_or_new(ax, (1, 1)) is ax
