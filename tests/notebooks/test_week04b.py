"""Week 4b: what the lesson says in numbers, worked out another way."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.receptive_field import receptive_field
from seglab.resampling import bilinear_weights
from seglab.widgets import StrideExplorer

LESSON = Path(__file__).parents[2] / "course" / "week04b_fcn.ipynb"
CHANNELS = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]


def cells():
    return {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}


def test_the_weights_of_the_paper_by_formula():
    body = sum(9 * before * after + after for before, after in pairwise(CHANNELS))
    body += 7 * 7 * 512 * 4096 + 4096 + 4096 * 4096 + 4096
    learned = {"32s": body + 21 * 4097}
    learned["16s"] = learned["32s"] + 21 * 513
    learned["8s"] = learned["16s"] + 21 * 257
    assert learned == {"32s": 134_346_581, "16s": 134_357_354, "8s": 134_362_751}
    assert learned["8s"] - learned["32s"] == 16_170
    assert 8000 < learned["32s"] / 16_170 < 9000  # "one in eight thousand"
    for strides, count in (((32,), 1_806_336), ((2, 16), 458_640), ((2, 2, 8), 127_008)):
        assert sum(bilinear_weights(stride, 21).size for stride in strides) == count


def test_our_learned_kernels_are_4608_weights():
    assert sum(bilinear_weights(stride, 4).size for stride in (2, 2, 8)) == 4_608
    assert "4,608 weights" in cells()["kernels"]


def test_the_lecture_sees_five_pixels_and_eight_after_the_repair():
    assert receptive_field([(3, 1), (3, 1)]).size == 5
    assert receptive_field([(3, 1), (2, 2), (3, 1)]).size == 8
    weights = [(3, 3, 64), (3, 64, 128), (3, 128, 64), (1, 64, 1)]
    assert sum(size**2 * before * after + after for size, before, after in weights) == 149_505


def test_a_person_vanishes_at_stride_32_and_loses_more_boundary_than_area():
    demo = StrideExplorer(shape="person", stride=16)
    assert demo.scores(32)["iou"] == 0
    lost = {key: demo.scores(2)[key] - demo.scores(16)[key] for key in ("iou", "boundary_iou")}
    assert lost["boundary_iou"] > lost["iou"]
    disc = StrideExplorer(shape="disc").scores(16)
    assert disc["iou"] > 0.9 and 0.2 < 1 - disc["boundary_iou"] < 0.32


def test_the_loss_of_a_network_that_knows_nothing():
    assert [round(float(np.log(classes)), 2) for classes in (2, 4, 21)] == [0.69, 1.39, 3.04]
    assert round(64 * 64 * np.log(4)) == 5678 and round(float(np.log(10)), 3) == 2.303


@pytest.mark.slow  # imports TensorFlow
def test_the_lecture_builds_and_cannot_be_fitted():
    keras = pytest.importorskip("keras")
    scope = {"keras": keras}
    exec(cells()["lecture"].split("\n\n\n")[0], scope)
    broken = scope["lecture_fcn"]()
    assert broken.output_shape == (None, 512, 512, 1) and broken.count_params() == 149_505
    with pytest.raises(ValueError, match="must have the same shape"):
        broken.fit(np.zeros((1, 256, 256, 3)), np.zeros((1, 256, 256, 1)), verbose=0)
    repaired = scope["lecture_fcn"](pooled=True)
    assert repaired.output_shape == (None, 256, 256, 1) and repaired.count_params() == 149_505
