"""The NumPy twin of the stride explorer, by hand."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import StrideExplorer
from seglab.widgets.stride_explorer import STRIDES, drawn_shapes


def striped(height, width, columns):
    mask = np.zeros((height, width), bool)
    mask[:, columns] = True
    return mask


def test_half_a_cell_by_hand():
    # At stride 32 the left of two cells is covered to 3/4, the right one not at all. From .75 at its middle, pixel
    # 15.5, the score falls to 0 at pixel 47.5: it is .5 at pixel 15.5 + 32 / 3 = 26.2.
    demo = StrideExplorer(striped(32, 64, slice(0, 24)), stride=32)
    shares, y_pred = demo.through()
    assert shares.tolist() == [[0.75, 0]]
    assert np.flatnonzero(y_pred.all(axis=0)).tolist() == list(range(27))
    scores = demo.scores()
    assert scores["iou"] == 24 / 27 and scores["wrong"] == 3 * 32 and scores["cells"] == 2
    assert demo.numbers == scores


def test_whole_cells_come_back_whole_at_every_finer_stride():
    demo = StrideExplorer(striped(64, 96, slice(32, 64)))
    for stride in STRIDES:
        assert demo.scores(stride)["iou"] == demo.scores(stride)["boundary_iou"] == 1


def test_a_thin_shape_vanishes_at_a_coarse_stride():
    demo = StrideExplorer(striped(64, 96, slice(39, 42)))
    assert [not demo.through(stride)[1].any() for stride in STRIDES] == [True, True, True, True, False]


def test_one_half_is_not_more_than_one_half():
    demo = StrideExplorer(striped(64, 96, slice(None, None, 2)))
    for stride in STRIDES:
        shares, y_pred = demo.through(stride)
        assert (shares == 0.5).all() and not y_pred.any()


def test_the_place_changes_the_scores_at_a_coarse_stride():
    demo = StrideExplorer(shape="disc", stride=32)
    before = demo.scores()["iou"]
    row, col, *size = demo.box
    demo.box = [row, col + 8, *size]
    assert abs(demo.scores()["iou"] - before) > 0.01


@pytest.mark.parametrize("shape", drawn_shapes())
def test_shapes_fill_their_boxes_and_fit(shape):
    demo = StrideExplorer(shape=shape, stride=4)
    row, col, rows, cols = demo.box
    box = demo.y_true[row : row + rows, col : col + cols]
    assert box.any(axis=0).all() and box.any(axis=1)[1:].all()  # the tip of a triangle falls between two pixels
    assert demo.y_true.sum() == box.sum()
    # Finer strides keep more of every drawn shape.
    ious = [demo.scores(stride)["iou"] for stride in STRIDES]
    assert ious == sorted(ious) and ious[-1] > 0.96


def test_your_own_mask_stays_as_it_is():
    mask = np.random.default_rng(0).random((32, 64)) < 0.3
    demo = StrideExplorer(mask.astype(int))
    assert demo.shape == "yours" and (demo.y_true == mask).all()
    assert list(demo.shapes) == ["yours", *drawn_shapes()]


def test_an_empty_mask_has_no_overlap_to_measure():
    scores = StrideExplorer(np.zeros((32, 32), bool)).scores()
    assert scores["iou"] is scores["boundary_iou"] is None and scores["wrong"] == 0
    assert "IoU n/a" in StrideExplorer(np.zeros((32, 32), bool)).describe()


def test_words_and_picture_name_the_numbers():
    demo = StrideExplorer(shape="triangle", stride=8)
    iou = f"{demo.scores()['iou']:.3f}"
    assert f"at stride 8, 16 x 24 cells: IoU {iou}" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    assert titles[0] == "Perfect scores at stride 8"
    assert titles[3].startswith(f"Stride 8: IoU {iou}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": "star"}, "shape must be one of disc, ring, triangle, person, car, got 'star'"),
        ({"size": (100, 128)}, "size must have height and width divisible by 32, got 100 x 128"),
        ({"y_true": np.zeros((32, 40), bool)}, "y_true must have height and width divisible by 32, got 32 x 40"),
        ({"y_true": np.full((32, 32), 2)}, "y_true must be bool, or integers 0 and 1"),
        ({"stride": 3}, "stride must be one of 32, 16, 8, 4, 2, got 3"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        StrideExplorer(**arguments)


def test_a_bad_change_is_refused():
    demo = StrideExplorer()
    with pytest.raises(InputError, match="stride must be"):
        demo.stride = 12
    assert demo.stride == 16
    with pytest.raises(InputError, match="stride must be"):
        demo.through(1)
