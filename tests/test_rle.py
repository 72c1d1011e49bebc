"""Run-length encoding: by hand, against loops over pixels, and against pycocotools."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seglab import rle
from seglab.errors import InputError

# Columns: 001, 111, 011, 000.
MASK = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]], bool)
COUNTS = [2, 4, 1, 2, 3]


def slow_counts(mask):
    """Walk down the columns."""
    counts, value = [0], False
    for pixel in mask.T.ravel():
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return counts


def pycoco(masks):
    from pycocotools import mask as coco

    return [coco.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in masks]


@st.composite
def stacks(draw, most=5):
    """Stacks of masks with few, some and many runs, all background and all foreground among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    cell = draw(st.integers(1, 12))
    share = rng.choice([0, 0.02, 0.5, 0.98, 1], most)[:, None, None]
    masks = (rng.random((most, 40, 40)) < share).repeat(cell, 1).repeat(cell, 2)
    return masks[: draw(st.integers(1, most)), :height, :width]


def test_by_hand():
    assert slow_counts(MASK) == COUNTS
    # 2, 4, 1, then 2 - 4 = -2 and 3 - 1 = 2, one group of five bits each; -2 is 11110.
    assert rle.encode(MASK) == {"size": [3, 4], "counts": "241N2"}
    assert rle.area({"size": [3, 4], "counts": COUNTS}) == 6
    for counts in (COUNTS, np.array(COUNTS), "241N2", b"241N2"):
        np.testing.assert_array_equal(rle.decode({"size": [3, 4], "counts": counts}), MASK)


def test_long_runs_take_several_characters():
    mask = np.zeros((100, 100), bool)
    mask[50, 50] = True
    # 5050 = 4 * 1024 + 29 * 32 + 26, 1, 4949 = 4 * 1024 + 26 * 32 + 21; 48 + 32 is added to all but the last group.
    assert rle.encode(mask)["counts"] == "jm4" + "1" + "ej4"
    full = np.ones((100, 100), bool)
    assert rle.encode(full)["counts"] == "0" + "`h9"  # 10000 = 9 * 1024 + 24 * 32 + 16 * 0 + 16
    np.testing.assert_array_equal(rle.decode(rle.encode(full)), full)


def test_one_mask_and_many():
    stack = np.array([MASK, ~MASK, MASK & False])
    many = rle.encode(stack)
    assert [mask["counts"] for mask in many] == [rle.encode(mask)["counts"] for mask in stack]
    assert json.loads(json.dumps(many)) == many
    np.testing.assert_array_equal(rle.decode(many), stack)
    assert rle.area(many).tolist() == rle.area(stack).tolist() == [6, 6, 0]
    assert isinstance(rle.area(many[0]), int)
    assert rle.decode(many[0]).dtype == bool
    np.testing.assert_array_equal(rle.decode(rle.encode(stack.astype(float) * 0.3)), stack)


def test_no_masks():
    assert rle.encode(np.zeros((0, 3, 4), bool)) == []
    assert rle.decode([]).shape == (0, 0, 0)
    assert rle.area([]).shape == (0,)
    nothing, something = rle.find_runs(np.zeros((1, 3, 4), bool)), rle.find_runs(MASK[None])
    for pair in ((nothing, something), (something, nothing), (nothing, nothing)):
        assert rle.overlaps(*pair, np.array([0]), np.array([0])).tolist() == [0]
    assert rle.iou([], rle.encode(MASK[None])).shape == (0, 1)
    assert rle.iou(rle.encode(MASK[None]), np.zeros((0, 3, 4), bool)).shape == (1, 0)


@settings(deadline=None, max_examples=120)
@given(stacks())
def test_code_equals_the_loop_and_pycocotools(masks):
    ours = rle.encode(masks)
    assert [mask["counts"].encode() for mask in ours] == [mask["counts"] for mask in pycoco(masks)]
    loop = [{"size": list(masks.shape[1:]), "counts": slow_counts(mask)} for mask in masks]
    for form in (ours, loop, [*ours[:1], *loop[1:]]):
        np.testing.assert_array_equal(rle.decode(form), masks)
        np.testing.assert_array_equal(rle.area(form), masks.sum(axis=(1, 2)))


@settings(deadline=None, max_examples=120)
@given(stacks(), st.data())
def test_boxes_and_overlaps_equal_the_pixels(masks, data):
    found = rle.find_runs(rle.encode(masks))
    dense = rle.find_runs(masks)
    for name in ("starts", "lengths", "first", "sizes", "bases", "areas", "boxes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(dense, name))
    for mask, (top, left, bottom, right) in zip(masks, found.boxes, strict=True):
        rows, cols = np.nonzero(mask)
        if not len(rows):
            assert (top, left, bottom, right) == (0, 0, 0, 0)
            continue
        assert (left, right) == (cols.min(), cols.max() + 1)
        # A run that goes on into the next column makes the box as high as the image.
        assert top in (rows.min(), 0)
        assert bottom in (rows.max() + 1, masks.shape[1])
    pairs = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, len(masks) - 1)] * 2)))).reshape(-1, 2).astype(int)
    shared = rle.overlaps(found, dense, *pairs.T)
    np.testing.assert_array_equal(shared, [(masks[i] & masks[j]).sum() for i, j in pairs])


@settings(deadline=None, max_examples=120)
@given(stacks(most=8), st.integers(0, 4), st.integers(0, 255))
def test_iou_equals_the_pixels_and_pycocotools(masks, split, flags):
    from pycocotools import mask as coco

    y_true, y_pred = masks[:split], masks[split:]
    if not len(y_true) or not len(y_pred):
        return
    crowd = (flags >> np.arange(len(y_true)) & 1).astype(bool)
    result = rle.iou(rle.encode(y_true), y_pred, crowd=crowd)
    for i, truth in enumerate(y_true):
        for j, prediction in enumerate(y_pred):
            union = prediction.sum() if crowd[i] else (truth | prediction).sum()
            assert result[i, j] == (pytest.approx((truth & prediction).sum() / union) if union else 0)
    expected = coco.iou(pycoco(y_pred), pycoco(y_true), crowd.astype(int).tolist()).T
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_masks_of_several_sizes_in_one_list():
    masks = [MASK, np.ones((2, 5), bool), np.zeros((1, 1), bool), MASK.T]
    found = rle.find_runs([rle.encode(mask) for mask in masks])
    assert found.areas.tolist() == [6, 10, 0, 6]
    assert found.bases.tolist() == [0, 12, 22, 23]
    assert found.boxes.tolist() == [[0, 0, 3, 3], [0, 0, 2, 5], [0, 0, 0, 0], [0, 0, 3, 3]]
    apart = rle.join([rle.find_runs([rle.encode(mask)]) for mask in masks])
    for name in ("starts", "lengths", "first", "sizes"):
        np.testing.assert_array_equal(getattr(apart, name), getattr(found, name))
    assert rle.join([]).areas.shape == (0,)


def test_more_runs_than_one_chunk(monkeypatch):
    masks = np.random.default_rng(0).random((6, 30, 31)) < 0.5
    found, codes = rle.find_runs(masks), rle.encode(masks)
    i, j = np.indices((6, 6)).reshape(2, -1)
    expected = rle.overlaps(found, found, i, j)
    for chunk in (1, 100, 1000):
        monkeypatch.setattr("seglab.rle.runs._CHUNK", chunk)
        monkeypatch.setattr("seglab.rle.coding._CHUNK", chunk)
        np.testing.assert_array_equal(rle.overlaps(found, found, i, j), expected)
        for name in ("starts", "lengths", "first", "sizes"):
            np.testing.assert_array_equal(getattr(rle.find_runs(codes), name), getattr(found, name))
        with pytest.raises(InputError, match="got mask 3 of size"):
            rle.area([*codes[:3], {**codes[3], "size": [31, 31]}, *codes[4:]])


def test_errors():
    good = rle.encode(MASK)
    with pytest.raises(InputError, match=r"shape \(N, H, W\), got \(2, 1, 3, 4\)"):
        rle.encode(np.zeros((2, 1, 3, 4), bool))
    with pytest.raises(InputError, match=r"Pass masks\[None\] for one mask"):
        rle.iou(MASK, MASK)
    with pytest.raises(InputError, match=r"height \* width, got mask 1 of size \[3, 5\] with 12"):
        rle.decode([good, {**good, "size": [3, 5]}])
    with pytest.raises(InputError, match="the least -2"):
        rle.area({"size": [3, 4], "counts": [5, -2, 9]})
    for counts in ("", "2 1", "24~", "zzz", "24é"):
        with pytest.raises(InputError, match="compressed COCO string"):
            rle.decode({"size": [3, 4], "counts": counts})
    for masks in ([{"size": [3, 4]}], [MASK], [{"size": [3], "counts": ""}], 3, [{"size": [1, 1], "counts": "€"}]):
        with pytest.raises(InputError, match="masks must be a bool array"):
            rle.area(masks)
    with pytest.raises(InputError, match=r"one size to be stacked"):
        rle.decode([good, rle.encode(MASK.T)])
    with pytest.raises(InputError, match=r"of one size, got \[3, 4\] and \[4, 3\]"):
        rle.iou([good], [rle.encode(MASK.T)])
    with pytest.raises(InputError, match=r"crowd must have shape \(1,\), one per true mask, got \(2,\)"):
        rle.iou([good], [good], crowd=[True, False])
