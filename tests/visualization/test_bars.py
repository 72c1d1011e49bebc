import itertools
import math

import numpy as np
import pytest

from seglab import visualization
from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.visualization.bars import class_order

NAMES = ("background", "circle", "square")


def texts(bars):
    return [text.get_text() for text in bars[0].patches[0].axes.texts]


def test_bars_are_sorted_and_say_the_gain():
    bars = visualization.show_class_bars({"U-Net": [0.7, 0.9, None]}, NAMES, baseline=[0.804, 0.0, math.nan])
    assert [bar.get_width() for bar in bars[0]] == [0.9, 0.7, 0.0]
    assert texts(bars) == ["0.90 (+0.90)", "0.70 (−0.10)", "n/a"]
    labels = [label.get_text() for label in bars[0].patches[0].axes.get_yticklabels()]
    assert labels == ["circle", "background", "square"]


def test_the_printed_gain_is_the_difference_of_the_printed_scores():
    bars = visualization.show_class_bars({"a": [0.954, 0.0]}, ["sky", "road"], baseline=[0.396, 0.0])
    assert texts(bars)[0] == "0.95 (+0.55)"  # 0.95 - 0.40, though 0.954 - 0.396 rounds to 0.56


def test_each_class_keeps_its_color_wherever_it_stands():
    (bars,) = visualization.show_class_bars({"a": [0.1, 0.2, 0.3]}, NAMES)
    painted = [tuple(np.round(np.array(bar.get_facecolor()[:3]) * 255).astype(int).tolist()) for bar in bars]
    assert painted == [tuple(class_colors(3)[k].tolist()) for k in (2, 1, 0)]


def test_several_models_differ_by_hatch():
    bars = visualization.show_class_bars({"a": [0.1, 0.2, 0.3], "b": [0.2, 0.3, 0.4]}, NAMES, order=[0, 1, 2])
    assert bars[0].patches[0].get_hatch() != bars[1].patches[0].get_hatch()
    assert [text.get_text() for text in bars[0].patches[0].axes.get_legend().get_texts()] == ["a", "b"]
    rows = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for group in bars for bar in group)
    assert all(lower[1] <= upper[0] + 1e-9 for lower, upper in itertools.pairwise(rows))


def test_a_baseline_of_zero_has_no_tick():
    bars = visualization.show_class_bars({"a": [0.9, 0.5]}, ["sky", "road"], baseline=[0.4, 0.0])
    ticks = bars[0].patches[0].axes.collections
    assert all(len(tick.get_segments()) == 1 and tick.get_segments()[0][0][0] == 0.4 for tick in ticks)


def test_order_averages_models_and_puts_absent_classes_last():
    scores = [np.array([0.2, np.nan, 0.9, 0.5]), np.array([0.9, np.nan, 0.1, 0.5])]
    assert class_order(scores, 4) == [0, 2, 3, 1]
    assert class_order([], 2) == [0, 1]


@pytest.mark.parametrize("count", [1, 21])
def test_from_binary_to_twenty_one_classes(count):
    names = [f"c{k}" for k in range(count)]
    size = max(2, count)
    (bars,) = visualization.show_class_bars({"a": np.linspace(0, 1, size)}, names, baseline=[0.0] * size)
    assert len(bars) == size
    bars.patches[0].figure.canvas.draw()


def test_a_wrong_number_of_scores_is_refused():
    with pytest.raises(InputError, match=r"evaluations\['a'\] must hold one IoU per class \(3\), got 2"):
        visualization.show_class_bars({"a": [0.1, 0.2]}, NAMES)
    with pytest.raises(InputError, match="baseline"):
        visualization.show_class_bars({"a": [0.1, 0.2, 0.3]}, NAMES, baseline=[0.5])
