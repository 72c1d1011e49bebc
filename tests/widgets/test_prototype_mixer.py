"""The NumPy twin of the prototype mixer, by hand and against YOLACT's own assembly."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import PrototypeMixer
from seglab.widgets.prototype_mixer import drawn_scene

TWO = np.array([[[2, 2], [0, 0]], [[0, 2], [0, 2]]])
FIRST = np.array([[[True, False], [False, False]]])


def test_a_mask_by_hand():
    demo = PrototypeMixer(TWO, FIRST, coefficients=[1, -1])
    assert demo.logits().tolist() == [[2, 0], [0, -2]]
    assert demo.y_pred().tolist() == [[True, False], [False, False]]  # .5 is not above one half
    assert demo.numbers == {"iou": 1, "tp": 1, "fp": 0, "fn": 0, "tn": 3, "outside": 0}


def test_the_box_cuts_and_what_it_cuts_is_counted():
    demo = PrototypeMixer(TWO, FIRST)
    assert demo.y_pred().tolist() == [[True, False], [False, False]]
    assert demo.scores()["iou"] == 1 and demo.scores()["outside"] == 1
    demo.crop = False
    assert demo.y_pred().tolist() == [[True, True], [False, False]]
    assert demo.scores() == {"iou": 0.5, "tp": 1, "fp": 1, "fn": 0, "tn": 2, "outside": 1}


def test_what_cancels_on_paper_cancels():
    demo = PrototypeMixer(np.full((3, 2, 2), 3.0), FIRST, coefficients=[0.1, 0.2, -0.3])
    assert demo.logits().tolist() == [[0, 0], [0, 0]] and not demo.y_pred().any()


def test_it_is_the_assembly_of_yolact():
    from keras import ops

    from seglab.models.yolact.instances import _one_image
    from seglab.models.yolact.losses import inside_boxes
    from seglab.models.yolact.network import YOLACT

    maps, masks, _ = drawn_scene()
    demo = PrototypeMixer(coefficients=[-0.57, -0.15, 1, 0.58])
    outputs = {"prototypes": np.moveaxis(maps, 0, 2)[None], "coefficients": np.array([[demo.coefficients]])}
    outputs = {name: ops.convert_to_tensor(value.astype("float32")) for name, value in outputs.items()}
    network = SimpleNamespace(input_shape=(None, *masks.shape[1:], 3))
    logits = ops.convert_to_numpy(YOLACT.assemble(network, outputs, np.zeros((1, 1), "int32")))
    np.testing.assert_allclose(logits[0, 0], demo.logits(), atol=1e-5)
    for number, box in enumerate(demo.boxes):
        demo.object = number
        inside = ops.convert_to_numpy(inside_boxes(np.array([[box]], "float32"), masks.shape[1:]))[0, 0]
        assert np.array_equal(inside, demo.inside())
        found = _one_image(np.array([box]), np.zeros(1, int), np.ones(1), logits[0], 0.5)["masks"]
        assert np.array_equal(found.any(axis=0), demo.y_pred()), number


def test_solved_coefficients_are_least_squares():
    maps, masks, _ = drawn_scene()
    demo = PrototypeMixer()
    for number, (top, left, bottom, right) in enumerate(demo.boxes):
        demo.object = number
        inside = np.s_[top:bottom, left:right]
        wanted = np.where(masks[number][inside].ravel(), 1.0, -1.0)
        root = np.sqrt(np.where(wanted > 0, 1 / np.sum(wanted > 0), 1 / np.sum(wanted < 0)))
        equations = maps[:, *inside].reshape(4, -1).T * root[:, None]
        found = np.linalg.lstsq(equations, wanted * root, rcond=None)[0]
        np.testing.assert_allclose(demo.solution(), found / np.abs(found).max(), atol=0.006)


def test_the_scene_teaches_what_the_lesson_says():
    demo = PrototypeMixer()
    solved, cut, loose = [], [], []
    for number in range(5):
        demo.object = number
        cut.append(demo.scores([1, 0, 0, 0], crop=True)["iou"])
        solved.append(demo.scores(demo.solution(crop=True), crop=True)["iou"])
        loose.append(demo.scores(demo.solution(crop=False), crop=False)["iou"])
    assert solved[0] > cut[0] + 0.1 and solved[1] > cut[1] + 0.04  # beside each other: a line between them
    assert solved[2] == cut[2] == 1  # alone in its box
    np.testing.assert_allclose(solved[3:], cut[3:], atol=0.001)  # one in front of the other's middle
    assert max(solved[3:]) < 0.85 < min(solved[:3])
    assert all(one > other + 0.1 for one, other in zip(solved, loose, strict=True))
    demo.object = 0
    assert demo.scores([-0.36, -0.24, 0.8, 0.29], crop=True)["iou"] > 0.9 > solved[0]  # by hand


def test_maps_that_are_alike_or_empty_can_be_solved():
    maps = np.stack([np.ones((4, 4)), np.ones((4, 4)), np.zeros((4, 4))])
    mask = np.zeros((1, 4, 4), bool)
    mask[0, 1:3, 1:3] = True
    demo = PrototypeMixer(maps, mask)
    assert demo.solve() == [1, 1, 0]
    assert demo.scores()["iou"] == 1
    assert PrototypeMixer(maps[2:], mask).solve() == [0]


def test_words_and_picture_name_the_numbers():
    demo = PrototypeMixer(object=1, coefficients=[0.58, 0, -1, 0], crop=False)
    iou = demo.scores()["iou"]
    assert "Object B of 5 as a sum of 0.58 of objects, -1.00 of objects, to the right, not cut" in demo.describe()
    assert f"IoU {iou:.3f}" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    assert titles[0] == "B is asked for" and titles[3] == "-1.00 · objects, to the right"
    assert titles[7] == f"not cut: IoU {iou:.2f}"
    assert demo.coefficients == [0.58, 0, -1, 0] and not demo.crop


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prototypes": TWO}, "prototypes and masks go together"),
        ({"prototypes": np.ones((2, 2)), "masks": FIRST}, "prototypes must be 1 to 12 finite maps of shape (k, H, W)"),
        ({"prototypes": TWO * np.nan, "masks": FIRST}, "prototypes must be 1 to 12 finite maps"),
        ({"prototypes": TWO, "masks": FIRST.astype(int)}, "masks must be bool of shape (N, 2, 2), got int64 (1, 2, 2)"),
        ({"prototypes": TWO, "masks": np.ones((1, 2, 3), bool)}, "Bring prototypes and masks to one size?"),
        ({"prototypes": TWO, "masks": ~(FIRST | True)}, "masks must hold 1 to 26 objects, none of them empty"),
        ({"names": ["one"]}, "names must be 4, one per prototype, got 1"),
        ({"object": 5}, "object must lie in [0, 5), got 5"),
        ({"coefficients": [1, 0]}, "coefficients must be 4 numbers in [-1, 1], got [1.0, 0.0]"),
        ({"coefficients": [1, 0, 0, 1.2]}, "coefficients must be 4 numbers in [-1, 1]"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=re.escape(message)):
        PrototypeMixer(**arguments)


def test_a_bad_change_is_refused():
    demo = PrototypeMixer()
    with pytest.raises(InputError, match="coefficients must be 4 numbers"):
        demo.coefficients = [2, 0, 0, 0]
    with pytest.raises(InputError, match="object must lie"):
        demo.object = 7
    assert demo.coefficients == [1, 0, 0, 0] and demo.object == 0
