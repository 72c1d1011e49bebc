"""RoIPool, RoIAlign and pasting: published values, slow loops, and what rounding costs."""

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.roi import paste_mask, roi_align, roi_pool

RAMP = np.arange(25).reshape(5, 5)


def test_the_values_of_detectron2():
    aligned = [[4.5, 5, 5.5, 6], [7, 7.5, 8, 8.5], [9.5, 10, 10.5, 11], [12, 12.5, 13, 13.5]]
    old = [[7.5, 8, 8.5, 9], [10, 10.5, 11, 11.5], [12.5, 13, 13.5, 14], [15, 15.5, 16, 16.5]]
    assert roi_align(RAMP, [1, 1, 3, 3], (4, 4), sampling=0).tolist() == aligned
    assert roi_align(RAMP, [1, 1, 3, 3], (4, 4), sampling=0, aligned=False).tolist() == old
    assert roi_align(RAMP, [0.5, 0.5, 2.5, 3.5], (2, 2)).tolist() == [[3.25, 4.75], [8.25, 9.75]]


def bilinear(features, row, col):
    """One sample, as the CUDA program of detectron2 takes it."""
    height, width = features.shape[:2]
    if not (-1 <= row <= height and -1 <= col <= width):
        return np.zeros(features.shape[2:])
    row, col = max(row, 0), max(col, 0)
    top, left = min(int(row), height - 1), min(int(col), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down = row - top if bottom > top else 0
    across = col - left if right > left else 0
    upper = features[top, left] * (1 - across) + features[top, right] * across
    lower = features[bottom, left] * (1 - across) + features[bottom, right] * across
    return upper * (1 - down) + lower * down


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("sampling", [0, 1, 3])
def test_roi_align_is_the_slow_loop(aligned, sampling):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(7, 10, 2))
    for _ in range(10):
        start = rng.uniform(-12, 30, 2)
        box = [*start, *(start + rng.uniform(0.1, 40, 2))]
        rows, cols = 3, 2
        first = np.array(box[:2]) / 4 - (0.5 if aligned else 0)
        length = (np.array(box[2:]) - box[:2]) / 4
        length = length if aligned else np.maximum(length, 1)
        step = length / (rows, cols)
        samples = [sampling or max(int(np.ceil(each)), 1) for each in step]
        expected = np.zeros((rows, cols, 2))
        for i, j, a, b in np.ndindex(rows, cols, *samples):
            row = first[0] + (i + (a + 0.5) / samples[0]) * step[0]
            col = first[1] + (j + (b + 0.5) / samples[1]) * step[1]
            expected[i, j] += bilinear(features, row, col) / np.prod(samples)
        result = roi_align(features, box, (rows, cols), strides=4, sampling=sampling, aligned=aligned)
        np.testing.assert_allclose(result, expected, atol=1e-12)


def test_roi_align_follows_a_shifted_box_and_roi_pool_does_not():
    ramp = np.tile(np.arange(20.0), (20, 1))
    box = np.array([16, 16, 48, 48])
    moved = box + np.array([0, 1.5, 0, 1.5])
    np.testing.assert_allclose(
        roi_align(ramp, moved, (2, 2), strides=4) - roi_align(ramp, box, (2, 2), strides=4), 0.375
    )
    assert np.array_equal(roi_pool(ramp, moved, (2, 2), strides=4), roi_pool(ramp, box, (2, 2), strides=4))


def test_roi_pool_by_hand():
    """Rows 1 to 4 and columns 0 to 2, both ends included; the bins of three columns overlap in the middle one."""
    assert roi_pool(RAMP, [1.4, -0.4, 3.6, 2.4], (2, 2)).tolist() == [[11, 12], [21, 22]]
    assert roi_pool(RAMP, [40, 40, 50, 50], (2, 1)).tolist() == [[0], [0]]
    assert roi_pool(np.dstack([RAMP, -RAMP]), [0, 0, 4, 4], (1, 1)).tolist() == [[[24, 0]]]


def test_a_pasted_mask_has_its_box():
    pasted = paste_mask(np.ones((28, 28)), [2.2, 3.7, 7.4, 11.5], (9, 10)) >= 0.5
    rows, cols = np.nonzero(pasted)
    # Middles of pixels inside of the box: rows 2.5 to 6.5, columns 4.5 to 9.5 (the image ends).
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (2, 6, 4, 9) and pasted.sum() == 30


def test_a_mask_that_is_cut_out_comes_back():
    row, col = np.mgrid[:64, :64] + 0.5
    disc = (row - 30) ** 2 + (col - 28) ** 2 < 15**2
    box = [15, 13, 45, 43]
    small = roi_align(disc, box, (28, 28))
    back = paste_mask(small, box, disc.shape) >= 0.5
    assert (back & disc).sum() / (back | disc).sum() > 0.98


def test_an_empty_box_pastes_nothing():
    assert not paste_mask(np.ones((4, 4)), [3, 3, 3, 8], (9, 10)).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: roi_align(RAMP, [0, 0, 1], (2, 2)), "four finite numbers"),
        (lambda: roi_align(RAMP, [0, 0, 1, np.nan], (2, 2)), "four finite numbers"),
        (lambda: roi_align(np.zeros(3), [0, 0, 1, 1], (2, 2)), "features"),
        (lambda: roi_align(RAMP, [0, 0, 1, 1], (0, 2)), "size"),
        (lambda: roi_align(RAMP, [0, 0, 1, 1], (2, 2), sampling=-1), "sampling"),
        (lambda: paste_mask(np.zeros(3), [0, 0, 1, 1], (4, 4)), "mask"),
    ],
)
def test_errors_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
