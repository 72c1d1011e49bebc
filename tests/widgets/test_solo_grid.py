"""The NumPy twin of the SOLO grid, by hand and against the targets that SOLO is trained on."""

import re

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import SoloGrid


def square(top, left, side, height=64, width=64):
    mask = np.zeros((height, width), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_the_cells_of_one_object_by_hand():
    # Center of mass at row 10, column 40 of 64 x 64: on a 5 x 5 grid cell (0, 3), as 40 * 5 / 64 = 3.1.
    demo = SoloGrid(square(4, 34, 12)[None], cells=5, center=0)
    assert np.argwhere(demo.claims()[0][0]).tolist() == [[0, 3]]
    # Sides of .6 * 12 = 7.2 pixels: columns 36.4 to 43.6 touch cells 2 and 3, rows 6.4 to 13.6 cells 0 and 1.
    demo.center = 0.6
    assert np.argwhere(demo.claims()[0][0]).tolist() == [[0, 2], [0, 3], [1, 2], [1, 3]]
    assert demo.scores() == {"objects": 1, "owned": 4, "contested": 0, "lost": 0}


def test_a_region_reaches_one_cell_beyond_its_own_and_no_further():
    demo = SoloGrid(square(0, 0, 64)[None], cells=32, center=0.6)
    assert np.argwhere(demo.claims()[0][0].any(axis=0)).ravel().tolist() == [15, 16, 17]


def test_the_smallest_gets_the_cell_and_two_grids_keep_both():
    # The large square is seen as a frame around the small one: the same center of mass.
    demo = SoloGrid(np.stack([square(16, 16, 32), square(26, 26, 12)]), cells=4, center=0)
    assert demo.limit == round((12 + np.sqrt(32**2 - 12**2)) / 2) == 21
    assert np.argwhere(demo.owners()[0] >= 0).tolist() == [[2, 2]] and demo.owners()[0][2, 2] == 1
    assert demo.scores() == {"objects": 2, "owned": 1, "contested": 1, "lost": 1}
    demo.two_grids = True
    fine, coarse = demo.owners()
    assert fine.shape == (4, 4) and coarse.shape == (2, 2)
    assert fine[2, 2] == 1 and coarse[1, 1] == 0
    assert demo.scores() == {"objects": 2, "owned": 2, "contested": 0, "lost": 0}


def test_what_is_hidden_has_no_cell_and_is_not_lost():
    demo = SoloGrid(np.stack([square(20, 20, 10), square(40, 40, 12)]))
    demo.boxes = [[42, 42, 10, 10], demo.boxes[1]]
    assert demo.visible().sum(axis=(1, 2)).tolist() == [0, 144]
    assert demo.scores()["objects"] == 1 and demo.scores()["lost"] == 0


def test_owners_are_the_targets_of_training():
    from keras import ops

    from seglab.models.solo import Grid
    from seglab.models.solo.loss import cell_owners

    rng, compared = np.random.default_rng(0), 0
    for turn in range(6):
        demo = SoloGrid(
            cells=int(rng.integers(2, 41)), center=float(rng.choice([0, 0.2, 0.5])), two_grids=turn % 2 == 0
        )
        demo.boxes = [
            [int(rng.integers(0, 97 - rows)), int(rng.integers(0, 129 - cols)), rows, cols]
            for _, _, rows, cols in demo.boxes
        ]
        masks = ops.convert_to_tensor(demo.visible()[None].astype("float32"))
        grids = [Grid(cells, 0, smallest, largest) for cells, smallest, largest in demo.grids()]
        wanted = ops.convert_to_numpy(cell_owners(masks, np.zeros((1, 7), "int32"), grids, demo.center))[0]
        assert np.concatenate([grid.ravel() for grid in demo.owners()]).tolist() == wanted.tolist()
        compared += np.sum(wanted >= 0)
    assert compared > 60


def test_the_scene_teaches_what_the_lesson_says():
    demo = SoloGrid(cells=5)
    assert demo.numbers == {"objects": 7, "owned": 5, "contested": 2, "lost": 2}
    lost = {}
    for demo.cells in (4, 5, 6, 7, 8, 10, 16, 20):
        lost[demo.cells] = demo.scores()["lost"]
    assert lost == {4: 1, 5: 2, 6: 2, 7: 0, 8: 1, 10: 0, 16: 1, 20: 0}  # a finer grid is not always better
    demo.cells, demo.boxes = 5, [demo.boxes[0], [4, 50, 40, 16], *demo.boxes[2:]]  # the person, off the car
    assert (demo.owners()[0] == 0).any()
    demo = SoloGrid(center=0)
    for demo.cells in range(2, 41, 3):
        assert not (demo.owners()[0] == 2).any()  # ring and disc: one center, at any S
    demo = SoloGrid(two_grids=True)
    for demo.cells in range(4, 41, 3):
        assert demo.scores()["lost"] == 0


def test_words_and_picture_name_the_numbers():
    demo = SoloGrid(cells=6, two_grids=True)
    assert "7 objects on 96 x 128 pixels over a grid of 6 x 6 and 3 x 3 cells: 11 cells own" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    assert titles[1:] == ["S = 6: small objects", "S = 3: large objects", "S = 12: 1 of 7 have no cell"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"masks": np.ones((1, 8, 8))}, "masks must be bool of shape (N, H, W), got float64 (1, 8, 8)"),
        ({"masks": np.zeros((2, 8, 8), bool)}, "masks must hold 1 to 26 objects, none of them empty, got 2"),
        ({"cells": 1}, "cells must be a whole number from 2 to 40, got 1"),
        ({"center": 0.7}, "center must lie in [0, 0.6], got 0.7"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=re.escape(message)):
        SoloGrid(**arguments)


def test_a_bad_change_is_refused():
    demo = SoloGrid()
    with pytest.raises(InputError, match="cells must be"):
        demo.cells = 41
    with pytest.raises(InputError, match="selected must lie in"):
        demo.selected = 7
    assert demo.cells == 5 and demo.selected == 0
