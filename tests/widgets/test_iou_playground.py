"""The NumPy twin of the IoU playground, by hand."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import IoUPlayground
from seglab.widgets.iou_playground import rasterize


def test_scores_by_hand():
    y_true, y_pred = np.zeros((2, 4, 6), np.uint8)
    y_true[1:3, 0:3] = 1  # 6 pixels
    y_pred[1:4, 2:4] = 1  # 6 pixels, 2 of them common
    demo = IoUPlayground(y_true=y_true, y_pred=y_pred)
    scores = demo.scores()
    assert (scores["tp"], scores["fp"], scores["fn"], scores["tn"]) == (2, 4, 4, 14)
    assert scores["iou"] == 2 / 10 and scores["dice"] == 4 / 12 and scores["pixel_accuracy"] == 16 / 24
    # One pixel wide boundaries: both masks are too thin to have an inside.
    assert scores["boundary_iou"] == 2 / 10
    assert demo.numbers == scores
    assert "IoU 0.200, Dice 0.333, pixel accuracy 0.667, boundary IoU 0.200" in demo.describe()


def test_empty_masks_have_no_iou():
    empty = np.zeros((5, 6), bool)
    scores = IoUPlayground(y_true=empty, y_pred=empty).scores()
    assert scores["iou"] is scores["dice"] is scores["boundary_iou"] is None
    assert scores["pixel_accuracy"] == 1


def test_loaded_masks_come_back():
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.random((2, 12, 9)) < 0.3
    y_true[:3] = False
    demo = IoUPlayground(image=rng.random((12, 9, 3)), y_true=y_true, y_pred=y_pred.astype(int))
    assert (demo.y_true == y_true).all() and (demo.y_pred == y_pred).all()
    assert demo.true_box[0] == np.flatnonzero(y_true.any(axis=1))[0] >= 3


def test_mask_scales_by_nearest_neighbor():
    shape = {"kind": "mask", "size": [2, 3], "data": bytes([1, 0, 1, 0, 1, 0])}
    assert rasterize(shape, (0, 0, 4, 3), 4, 4).astype(int).tolist() == [
        [1, 0, 1, 0],
        [1, 0, 1, 0],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
    ]
    assert rasterize(shape, (0, 0, 1, 2), 1, 2).tolist() == [[False, False]]  # centers fall on row 1, columns 0 and 2


def test_boxes_are_cut_at_the_edge():
    assert rasterize({"kind": "rectangle"}, (-1, 2, 3, 9), 4, 5).astype(int).tolist() == [
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert not rasterize({"kind": "ellipse"}, (9, 9, 3, 3), 4, 5).any()
    assert not rasterize({"kind": "ellipse"}, (-9, -9, 3, 3), 4, 5).any()


def test_ellipse_against_centers():
    mask = rasterize({"kind": "ellipse"}, (1, 2, 6, 9), 10, 14)
    for row in range(10):
        for col in range(14):
            away = ((row + 0.5 - 4) / 3) ** 2 + ((col + 0.5 - 6.5) / 4.5) ** 2
            assert mask[row, col] == (away < 1)


def test_guess_first_gives_no_measure_away():
    demo = IoUPlayground(guess_first=True)
    assert "IoU 0" not in demo.describe()
    assert "?" in demo.static().axes[0].get_title(loc="left")


def test_static_title_holds_the_measures():
    assert IoUPlayground().static().axes[0].get_title(loc="left").startswith("IoU 0.288, Dice 0.447")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": "star"}, "shape must be one of rectangle, ellipse, got 'star'"),
        ({"size": (3, 9)}, "at least 4 x 4 pixels, got 3 x 9"),
        ({"y_true": np.zeros((8, 8), int), "y_pred": np.zeros((8, 9), int)}, r"y_true \(8, 8\), y_pred \(8, 9\)"),
        ({"y_true": np.full((8, 8), 3)}, "y_true must be bool, or integers 0 and 1, got int64 from 3 to 3. .*== k"),
        ({"y_pred": np.zeros((8, 8), np.float32)}, "y_pred must be bool, or integers 0 and 1, got float32"),
        ({"y_pred": np.zeros((1, 8, 8), bool), "size": (1, 8)}, "at least 4 x 4"),
        ({"y_pred": np.zeros((8, 8, 1), bool)}, r"y_pred must have shape \(H, W\), got \(8, 8, 1\)"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        IoUPlayground(**arguments)
