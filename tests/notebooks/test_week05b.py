"""Week 5b: what the lesson on the paper's U-Net and on tiles says in numbers."""

from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.tiling import tile_grid
from seglab.unet_sizes import crops, is_legal, margin, output_size, size_trace
from seglab.weight_maps import border_weights
from seglab.widgets import UNetShapes

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week05b_tiles.ipynb")["cells"]}


def names_of(*cells):
    """What the cells define; what they print goes nowhere."""
    names = {"np": np}
    for cell in cells:
        exec(CELLS[cell].split("fig, ax")[0], names)
    return names


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_lessons_trace_is_the_librarys(depth):
    trace = names_of("trace")["trace"]
    for size in range(1, 700):
        assert trace(size, depth) == (size_trace(size, depth) if is_legal(size, depth) else None), size


def test_the_paper():
    trace = names_of("trace")["trace"]
    sizes = [size for block in trace(572).values() for size in block]
    assert sizes[:15] == [572, 570, 568, 284, 282, 280, 140, 138, 136, 68, 66, 64, 32, 30, 28]
    assert sizes[-3:] == [392, 390, 388]
    assert crops(4) == (88, 40, 16, 4) and margin(4) == 92
    fitting = [size for size in range(1, 700) if is_legal(size)]
    assert {size % 16 for size in fitting} == {12} and fitting[0] == 188 and output_size(188) == 4
    paper = UNetShapes(572, padding="valid", channels=1, num_classes=2)
    assert paper.weights() == 31_030_658


def test_512_fails_at_the_third_pooling():
    before_poolings, size = [], 512
    while True:
        before_poolings.append(size - 4)
        if before_poolings[-1] % 2:
            break
        size = (size - 4) // 2
    assert before_poolings == [508, 250, 121]


def test_the_middle_crop_meets_and_the_corner_does_not():
    apart = [(middle.mean(), corner.mean()) for middle, corner in names_of("ruler")["ruler"](572)]
    np.testing.assert_allclose(apart, [(0, -32), (0, -64), (0, -80), (0, -88)], atol=1e-9)


def test_zeros_reach_one_pixel_further_with_every_layer():
    names = {"np": np}
    source = CELLS["same-border"].replace("%matplotlib inline", "").split("fig, ax")[0]
    exec(source, names)
    same, valid = names["same"], names["valid"]
    assert valid.shape == (40, 40) and np.allclose(valid, 1)
    assert np.allclose(same[10:-10, 10:-10], 1) and same[30, 9] < 1 - 1e-6


def test_steps_of_tiles():
    assert tile_grid(1000, 572, margin=92).step == 388 and 388 % 16 == 4
    assert tile_grid(1000, 572, margin=92, multiple=16).step == 384
    assert round((572 / 388) ** 2, 1) == 2.2
    assert round((388 / 384) - 1, 2) == 0.01
    # In the lesson: a depth of 2 labels 64 of 104 pixels, and 32 of 72.
    assert [output_size(size, 2) for size in (104, 72, 328)] == [64, 32, 288] and margin(2) == 20


def test_weights_of_the_two_gaps():
    assert round(float(border_weights(np.array([[3, 0, 7]]))[0, 1]) - 1, 4) == 9.2312
    wide = border_weights(np.array([[3, 0, 0, 0, 0, 7]]))[0]
    assert [round(float(weight) - 1, 4) for weight in wide] == [0, 6.0653, 6.0653, 6.0653, 6.0653, 0]
    alone = np.pad(np.ones((3, 3), int), 4)
    assert (border_weights(alone) == 1).all()


def test_a_region_over_two_cells_separates_at_most_one():
    source = CELLS["count"].split("masks = ")[0]
    names = {"np": np}
    exec(source, names)
    cells = np.zeros((6, 9), int)
    cells[:, :4], cells[:, 5:] = 1, 2
    assert names["separated"](cells > 0, cells) == 2
    assert names["separated"](np.ones_like(cells, bool), cells) == 0
    assert names["separated"](cells == 1, cells) == 1


@pytest.mark.slow  # imports TensorFlow
def test_stitching_is_exact_at_multiples_of_the_stride_only():
    pytest.importorskip("keras")
    names = names_of("mirror", "stitch")
    whole, stitched = names["whole"], names["stitched"]
    assert np.abs(stitched[384] - whole).max() < 1e-5
    assert np.abs(stitched[388] - whole)[:, :388].max() < 1e-5
    assert np.abs(stitched[388] - whole)[:, 388:].max() > 0.1 * whole.std()
