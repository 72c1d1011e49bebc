"""Week 8b: what the lesson on regions and masks says in numbers, computed by its own cells without training."""

import contextlib
import io
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from seglab.authoring import notebooks

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week08b_roialign.ipynb")["cells"]}
RUN = ["regions-figure", "pool-region", "pool-figure", "shift", "sample-points", "bilinear", "three-cutters"]
RUN += ["where-read", "mask-head", "mask-gradient", "three-losses", "paste-figure", "ceilings"]
RUN += ["whole-image-ceiling", "break-it", "repair"]


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells define, and what each cell printed; pictures are drawn and thrown away."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = {"printed": {}, "np": np, "plt": plt}
    for cell in RUN:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(CELLS[cell].replace("%matplotlib inline", ""), names)
        names["printed"][cell] = printed.getvalue()
        plt.close("all")
    return names


def test_both_roundings(lesson):
    assert (lesson["pooled_region"](lesson["box"], 8) - lesson["box"]).tolist() == [3, -2, 7, 10]
    first = [
        lesson["pooled_region"]([start, 0, start + 40, 40], 32) - [start, 0, start + 40, 40] for start in range(64)
    ]
    assert np.abs(first)[:, 0].max() == 16
    assert np.min(first, axis=0)[2] > 16 and np.max(first, axis=0)[2] == 48
    starts, ends = lesson["cell_bins"](0, 4, 7)
    assert (starts[1:] < ends[:-1]).any()
    pool, align = lesson["printed"]["shift"].splitlines()
    assert "6 of 24" in pool and "24 of 24" in align


def test_bins_by_hand_are_those_of_roi_align(lesson):
    assert lesson["bins"].tolist() == [[3.25, 4.75], [8.25, 9.75]]
    assert lesson["samples"][0, 0] == 1.625


def test_three_cutters_and_their_corners(lesson):
    corners = {name: round(float(cut[0, 0]), 4) for name, cut in lesson["three"].items()}
    assert corners == {"aligned=True": 4.5, "aligned=False": 7.5, "crop_and_resize": 6.0}
    assert [round(float(cut.mean()), 4) for cut in lesson["three"].values()] == [9, 12, 12]


def test_how_far_off_in_pixels(lesson):
    for (name, strides), error in lesson["errors"].items():
        if name == "RoIAlign":
            np.testing.assert_allclose(error, 0, atol=1e-9)
        elif name == "aligned=False":
            np.testing.assert_allclose(error, strides / 2)
        else:
            assert len(set(error.round(2))) == 7


def test_the_mask_head(lesson):
    assert lesson["head_weights"](80) == 2_643_280
    assert "80 classes: (28, 28, 80), 2,643,280 = 2,643,280" in lesson["printed"]["mask-head"]
    assert (2_643_280 - lesson["head_weights"](1)) / 2_643_280 < 0.01


def test_who_learns_from_a_region(lesson):
    for inside in (True, False):
        assert lesson["pulls"]([1.0, 2.0, -1.0], inside, "sigmoid")[1:].tolist() == [0, 0]
        assert (lesson["pulls"]([1.0, 2.0, -1.0], inside, "softmax")[1:] > 0).all()
    one, none, other = lesson["printed"]["three-losses"].splitlines()
    assert "'mask': 0.2231" in one and other.endswith("0.2231")
    assert "'box': 0.0, 'mask': 0.0" in none


def test_ceilings(lesson):
    seven, fourteen, twenty_eight = (result.ap for result in lesson["ceilings"].values())
    assert seven < 0.9 and fourteen > 0.98 and twenty_eight > 0.99
    assert lesson["whole"]["whole image / 4"].ap < 0.6


def test_broken_cutters_look_right_at_half(lesson):
    for name in ("aligned=False", "crop_and_resize", "RoIPool"):
        result = lesson["broken"][name]
        assert result.ap50 > 0.95 and result.ap < 0.75 and result.ap75 < 0.9
    assert lesson["difference"] < 1e-5 and lesson["printed"]["repair"].endswith("4.5\n")
