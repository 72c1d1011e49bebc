"""Week 9b: what the lesson on SOLO says in numbers, computed by its own cells."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.metrics import mask_ap
from seglab.models.solo import paper_grids

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week09b_solo.ipynb")["cells"]}
RUN = ["data", "own", "collision", "region", "outside", "coord", "focal", "matrix", "break-loss"]


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells without figures and training define, and what each cell printed."""
    names = {"np": np, "printed": {}}
    exec("from seglab.visualization import show_instances", names)
    picture = CELLS["grid-picture"]
    exec(picture[: picture.index("def draw_grid")], names)
    for cell in RUN:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(CELLS[cell].replace("%matplotlib inline", ""), names)
        names["printed"][cell] = printed.getvalue()
    points = CELLS["points"]
    exec(points[: points.index("print(")], names)
    matrix = CELLS["matrix-ap"]
    exec(matrix[: matrix.index("copies =")], names)
    dice = CELLS["dice"]
    exec(dice[: dice.index("p = ")], names)
    return names


def test_row_and_column_of_the_example(lesson):
    assert lesson["own_cell"]((10.2, 40.5), (64, 64), 5) == (0, 3, 3)
    assert lesson["own_cell"]((40.5, 10.2), (64, 64), 5) == (3, 0, 15)
    assert lesson["own_cell"]((50, 100), (120, 160), 8)[2] == 29


def test_own_cell_is_the_librarys(lesson):
    for index, one in enumerate(lesson["truth"][:4]):
        owners = lesson["owners_of"]({"masks": one["masks"][None], "classes": np.int32(one["classes"])[None]}, 8, 0.0)[
            0
        ]
        mine = {lesson["own_cell"](lesson["center_of"](mask), (64, 64), 8)[2] for mask in one["masks"]}
        assert mine == set(np.flatnonzero(owners >= 0)), index


def test_collisions(lesson):
    lost = dict(zip(lesson["SIZES"], lesson["lost"], strict=True))
    assert lost[5] > 0.2
    assert lost[10] > 0.01 > lost[12]
    assert "S =  5:  21.9% of the objects are lost" in lesson["printed"]["collision"]
    assert 8.5 < sum(len(one["masks"]) for one in lesson["truth"]) / 100 < 9.5


def test_grids_of_the_paper():
    sizes = [grid.size for grid in paper_grids()]
    assert sizes == [40, 36, 24, 16, 12]
    assert sum(2 * size for size in sizes) == 256
    assert 40**2 * 256 == 409_600


def test_center_region_and_centers_outside(lesson):
    shares = [float(line.split(":")[1].split()[0]) for line in lesson["printed"]["region"].splitlines()]
    assert shares[0] == 1
    assert 2 < shares[1] < 3 < shares[2]
    assert 5 < lesson["outside"] < 50


def test_a_convolution_does_not_know_where_it_is(lesson):
    left, right = lesson["left"], lesson["right"]
    without, informed = lesson["drawings"]["without"], lesson["drawings"]["with coordinates"]
    assert without[left].mean() == pytest.approx(without[right].mean(), abs=1e-4)
    assert 0.4 < without[left].mean() < 0.55
    assert informed[left].mean() > 0.7
    assert abs(informed[right].mean()) < 0.15


def test_dice_with_squares(lesson):
    p = np.linspace(0, 1, 1001)
    assert p[lesson["dice_of_constant"](p, 0.05, True).argmin()] == pytest.approx(np.sqrt(0.05), abs=0.001)
    assert p[lesson["dice_of_constant"](p, 0.05, False).argmin()] == 1


def test_focal_forgets_the_empty(lesson):
    ratios = [float(line.rsplit("= ", 1)[1]) for line in lesson["printed"]["focal"].splitlines()]
    assert ratios[0] > 0.3
    assert ratios[1] < 0.01


def test_points_nms(lesson):
    kept = lesson["points_nms"](np.array([[0.1, 0.7, 0.9, 0.8, 0.2]]))
    assert kept.tolist() == [[0.1, 0.7, 0.9, 0, 0]]


def test_matrix_against_greedy(lesson):
    truth = lesson["truth"][:30]
    copies = [lesson["jittered"](one, np.random.default_rng(seed)) for seed, one in enumerate(truth)]
    results = {
        way: mask_ap(truth, [lesson["suppressed"](one, way) for one in copies], num_classes=1)
        for way in ("nothing", "greedy", "matrix")
    }
    assert results["nothing"].ap < results["greedy"].ap < results["matrix"].ap
    assert results["greedy"].ap50 - results["nothing"].ap50 > results["greedy"].ap - results["nothing"].ap


def test_no_object_no_nan(lesson):
    lines = lesson["printed"]["break-loss"].splitlines()
    assert lines[3] == "   0 objects: loss nan, largest gradient nan"
    assert lines[7] == "   0 objects: loss 0.000, largest gradient 0.0000"
    assert lines[1:3] == lines[5:7]
