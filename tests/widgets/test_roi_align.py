"""The NumPy twin of the RoIAlign explorer, by hand and by a slow loop."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.widgets import RoIAlignExplorer
from seglab.widgets.roi_align import BINS, STRIDES

NAMES = (("RoIPool", "pool_off"), ("RoIAlign", "align_off"))


def bins_of_pool(start, stop, bins, stride):
    """Edges in pixels of RoIPool's bins along an axis, in whole numbers: floor and ceiling without division."""
    first, last = ((2 * edge + stride) // (2 * stride) for edge in (start, stop))
    count = max(last - first + 1, 1)
    return [
        ((first + bin * count // bins) * stride, (first - (-(bin + 1) * count // bins)) * stride) for bin in range(bins)
    ]


def test_region_and_errors_by_hand():
    # Rows 13 to 41 at stride 8: cells round(1.6) = 2 to round(5.1) = 5, both included, so rows 16 to 48. Two bins of
    # two cells, with middles 24 and 40 where 20 and 34 were asked for. Columns 10 to 38: cells 1 to 5, five of them,
    # so that both bins have three: 8 to 32 and 24 to 48, with middles 20 and 36 where 17 and 31 were asked for.
    scores = RoIAlignExplorer(np.zeros((64, 64)), box=(13, 10, 41, 38), stride=8, bins=2).scores()
    assert scores["read"] == [16, 8, 48, 48]
    assert scores["shift"] == [5, 4]
    assert scores["iou"] == pytest.approx(25 * 28 / (28 * 28 + 32 * 40 - 25 * 28))
    assert scores["pool_off"] == 6 and scores["align_off"] == pytest.approx(0)


@pytest.mark.parametrize("stride", STRIDES)
def test_region_and_errors_of_boxes_by_chance(stride):
    rng = np.random.default_rng(stride)
    demo = RoIAlignExplorer(np.zeros((96, 128)), stride=stride)
    for _ in range(20):
        demo.bins = int(rng.choice(BINS))
        top, bottom = np.sort(rng.choice(97, 2, replace=False)).tolist()
        left, right = np.sort(rng.choice(129, 2, replace=False)).tolist()
        demo.box = [top, left, bottom, right]
        off, read = [], []
        for start, stop in ((top, bottom), (left, right)):
            edges = bins_of_pool(start, stop, demo.bins, stride)
            read.append((edges[0][0], edges[-1][1]))
            asked = [start + (bin + 0.5) * (stop - start) / demo.bins for bin in range(demo.bins)]
            off += [abs(sum(pair) / 2 - middle) for pair, middle in zip(edges, asked, strict=True)]
        scores = demo.scores()
        assert scores["read"] == [read[0][0], read[1][0], read[0][1], read[1][1]]
        assert scores["pool_off"] == pytest.approx(max(off))
        assert scores["align_off"] == pytest.approx(0)


@pytest.mark.parametrize("stride", STRIDES)
def test_unaligned_is_half_a_stride_off(stride):
    demo = RoIAlignExplorer(box=(20, 30, 90, 100), stride=stride, aligned=False)
    assert demo.scores()["align_off"] == pytest.approx(stride / 2)


def test_no_box_is_read_as_asked():
    demo = RoIAlignExplorer(stride=32)
    ious = []
    for side in range(2, 65):
        demo.box = [32, 32, 32 + side, 32 + side]
        ious.append(demo.scores()["iou"])
    assert np.argmax(ious) == 45 and max(ious) == pytest.approx((47 / 64) ** 2)  # sides of 47, just before the rounding


def test_maps_and_what_is_cut_out_of_them():
    image = np.zeros((32, 64))
    image[:16, :8] = 1
    demo = RoIAlignExplorer(image, box=(0, 0, 32, 64), stride=16, bins=2)
    assert demo.features().tolist() == [[0.5, 0, 0, 0], [0, 0, 0, 0]]
    pooled, aligned = demo.cut()  # 2 x 4 cells are asked for, 3 x 5 are taken, bins of 2 x 3
    assert pooled.tolist() == [[0.5, 0], [0, 0]]
    # Samples in rows -.25, .25, .75 and 1.25 of cells, columns 0 to 3: the first cell counts 7/8 and 1/8, times 1/2.
    assert aligned.tolist() == [[0.5 * 7 / 16, 0], [0.5 * 1 / 16, 0]]
    demo.shown = "column"
    assert demo.features().tolist() == [[8, 24, 40, 56]] * 2
    assert demo.cut()[0].tolist() == [[40, 56], [40, 56]]


def test_the_box_starts_around_the_object():
    mask = np.zeros((64, 96), bool)
    mask[10:40, 20:70] = True
    assert RoIAlignExplorer(mask).box == [10, 20, 40, 70]
    assert RoIAlignExplorer(np.zeros((64, 96))).box == [16, 24, 32, 48]
    demo = RoIAlignExplorer()
    top, left, bottom, right = demo.box
    assert demo.image[top:bottom, left:right].sum() == demo.image.sum() > 1000
    assert demo.numbers == demo.scores()
    pooled, aligned = demo.cut()  # as lesson 8b says: the last row and two columns of bins miss the person
    assert not pooled[-1].any() and not pooled[:, -2:].any() and pooled[:-1, :-2].all() and aligned.all()
    assert (pooled[:, 0] == pooled[:, 1]).all()


def test_words_and_picture_name_the_numbers():
    demo = RoIAlignExplorer(stride=32, aligned=False)
    scores = demo.scores()
    assert f"IoU {scores['iou']:.3f}" in demo.describe() and "with aligned=False by up to 16.0" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    offs = [f"{name}: bins off by up to {scores[key]:.1f} pixels" for name, key in NAMES]
    assert titles[1:] == offs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.zeros((40, 64))}, r"image must have shape \(H, W\), both divisible by 32, got \(40, 64\)"),
        ({"image": np.zeros((64, 64, 3))}, r"image must have shape .*, got \(64, 64, 3\)"),
        ({"image": np.full((32, 32), 255)}, r"image must lie in \[0, 1\], got values from 255 to 255. Divide by 255\?"),
        ({"image": np.full((32, 32), np.nan)}, r"image must lie in \[0, 1\]"),
        ({"box": (0, 0, 10, 200)}, r"box must be whole pixels .* of 128 x 128, got \[0, 0, 10, 200\]"),
        ({"box": (0, 0, 10.5, 20)}, "box must be whole pixels"),
        ({"box": (5, 5, 5, 9)}, "box must be whole pixels"),
        ({"stride": 2}, "stride must be one of 4, 8, 16, 32, got 2"),
        ({"bins": 3}, "bins must be one of 2, 4, 7, got 3"),
        ({"shown": "mask"}, "shown must be one of object, row, column, got 'mask'"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        RoIAlignExplorer(**arguments)


def test_a_bad_change_is_refused():
    demo = RoIAlignExplorer()
    before = demo.box
    with pytest.raises(InputError, match="box must"):
        demo.box = [0, 0, 10, 129]
    assert demo.box == before
