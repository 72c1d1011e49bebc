"""Week 8a: what the lesson on proposals says in numbers, computed by its own cells."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from seglab import boxes
from seglab.authoring import notebooks

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week08a_proposals.ipynb")["cells"]}
BEFORE = """
import numpy as np
from seglab.boxes import make_anchors
SIZES, RATIOS = (12, 20), (0.5, 1.0, 2.0)
anchors = make_anchors((12, 12), 8, SIZES, RATIOS)
"""
RUN = ["cells", "count-all", "best-shape", "recall", "encode-numbers", "two-thresholds", "shares", "sample", "rpn-loss"]
RUN += ["chain", "fast-nms", "jitter", "curve", "true-overlap", "swaps", "nan-loss", "nan-gradient", "repair-test"]


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells without figures define, and what each cell printed."""
    names = {"printed": {}}
    exec(BEFORE, names)
    for cell in RUN:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(CELLS[cell].replace("%matplotlib inline", ""), names)
        names["printed"][cell] = printed.getvalue()
    return names


def test_a_perfect_map_counts_wrong(lesson):
    assert "14 cells, 2 pieces" in lesson["printed"]["cells"]
    assert lesson["exact"] == 0
    assert sum(lesson["counted"]) < sum(map(len, lesson["boxes"])) / 2


def test_which_objects_anchors_reach(lesson):
    one, six, dense, both = ((best >= 0.5).mean() for best in lesson["curves"].values())
    assert one < min(six, dense) and max(six, dense) < both and both > 0.95
    assert 0.4 < (list(lesson["curves"].values())[-1] >= 0.7).mean() < 0.6
    assert "height 3 x width: the best of all square anchors has IoU 0.41" in lesson["printed"]["best-shape"]
    assert len(lesson["anchors"]) == 864 and len(boxes.make_anchors((38, 63), 16, (128, 256, 512))) == 21_546


def test_a_box_as_four_numbers(lesson):
    assert (
        lesson["offsets"].round(4).tolist() != []
        and "[ 0.25   -0.125   0.6931 -0.6931]" in (lesson["printed"]["encode-numbers"])
    )
    large = boxes.encode_boxes([[60, 60, 140, 140]], [[70, 40, 110, 200]])
    np.testing.assert_allclose(large, [[-0.125, 0.25, -np.log(2), np.log(2)]])
    held = boxes.decode_boxes([[6, 6, 14, 14]], [[0, 0, 20, 0]])
    np.testing.assert_allclose(held, [[-240, 6, 260, 14]])


def test_forcing_serves_nearly_all(lesson):
    def missing(strides, force):
        anchors = boxes.make_anchors((96 // strides, 96 // strides), strides, lesson["SIZES"], lesson["RATIOS"])
        matched = [boxes.match_anchors(boxes.box_iou(anchors, one), force=force) for one in lesson["boxes"]]
        return sum(len(one) - len(set(m[m >= 0])) for one, m in zip(lesson["boxes"], matched, strict=True))

    count = sum(map(len, lesson["boxes"]))
    assert missing(8, False) > count / 2 and missing(4, False) > count / 2
    assert 0 < missing(8, True) < 0.02 * count and missing(4, True) < 0.02 * count
    forced = boxes.match_anchors(boxes.box_iou(lesson["anchors"], lesson["boxes"][11]))
    assert len(lesson["boxes"][11]) == 6 and len(set(forced[forced >= 0])) == 5  # one box still goes without


def test_shares_and_what_the_loss_sees(lesson):
    assert lesson["positive"] / (lesson["positive"] + lesson["negative"]) < 0.03
    assert round(lesson["positive"] / 40) == 11 and lesson["share"] > 0.1
    lines = lesson["printed"]["rpn-loss"].splitlines()
    right = lines[0].split()[-1]
    values = {line[:15].strip(): [line[15:].split()[place].strip(",") for place in (2, 5)] for line in lines[1:]}
    assert values["ignored"] == [right, right] and values["drawn negative"][1] == right
    assert right not in (*values["positive"], values["drawn negative"][0])


def test_suppression(lesson):
    assert "kept: [0 2]" in lesson["printed"]["chain"]
    assert "greedy [0 2] fast [0]" in lesson["printed"]["fast-nms"]
    assert len(lesson["claims"][7][0]) == 112
    recall, extra = lesson["curve"].T
    assert recall[0] < 0.75 and recall[8] > 0.97 and extra[8] < 0.05 and extra[-1] > 6.5
    greedy, fast = (
        lesson["score"](lesson[name], 0.4, lesson["claims"], lesson["boxes"]) for name in ("greedy", "fast_nms")
    )
    assert fast[0] < greedy[0]


def test_one_swap_is_harmless(lesson):
    np.testing.assert_array_equal(lesson["right"], lesson["swapped"])
    assert len(lesson["coco"]) > 3 * len(lesson["right"])


def test_weight_zero_does_not_stop_an_infinity(lesson):
    times, where, repaired = lesson["printed"]["nan-gradient"].splitlines()
    assert "loss nan" in times and "nan nan" in " ".join(times.split())
    assert "loss 0.0078" in where and "nan" in where
    assert "loss 0.0078" in repaired and "nan" not in repaired
