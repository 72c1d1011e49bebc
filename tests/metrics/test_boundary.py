import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion

from seglab.errors import InputError
from seglab.metrics import bf_per_class, bf_score, boundary_counts, boundary_distance, boundary_iou


def slow_boundary(mask, distance):
    """As in the paper's program: pad with one pixel of zeros, erode 3x3 `distance` times, subtract."""
    eroded = binary_erosion(np.pad(mask, 1), np.ones((3, 3)), iterations=distance)[1:-1, 1:-1]
    return mask & ~eroded


def slow_counts(y_true, y_pred, num_classes, distance, ignore_class=None):
    counted = y_true != ignore_class if ignore_class is not None else np.ones(y_true.shape, bool)
    intersection, union = np.zeros((2, num_classes), int)
    for k in range(num_classes):
        truth = slow_boundary((y_true == k) & counted, distance)
        prediction = slow_boundary((y_pred == k) & counted, distance)
        intersection[k], union[k] = (truth & prediction).sum(), (truth | prediction).sum()
    return intersection, union


@pytest.mark.parametrize(("distance", "expected"), [(1, 1 / 3), (2, 0.6), (3, 5 / 7)])
def test_square_shifted_by_one_pixel(distance, expected):
    y_true, y_pred = np.zeros((2, 20, 20), np.uint8)
    y_true[4:16, 4:16] = y_pred[4:16, 5:17] = 1
    assert boundary_iou(y_true, y_pred, 2, distance=distance)[1] == pytest.approx(expected)


def test_strip_by_hand():
    # One row is all contour: every pixel is boundary.
    y_true, y_pred = np.array([[0, 0, 1, 1, 1]]), np.array([[0, 1, 1, 1, 2]])
    intersection, union = boundary_counts(y_true, y_pred, 4, distance=1)
    assert intersection.tolist() == [1, 2, 0, 0]
    assert union.tolist() == [2, 4, 1, 0]
    np.testing.assert_allclose(boundary_iou(y_true, y_pred, 4, distance=1), [0.5, 0.5, 0, np.nan])


def test_distance_is_2_percent_of_the_diagonal():
    assert boundary_distance(3, 4) == 1  # 0.1
    assert boundary_distance(60, 80) == 2
    assert boundary_distance(512, 512) == 14  # 14.48
    assert isinstance(boundary_distance(512, 512), int)
    y_true, y_pred = np.random.default_rng(0).integers(0, 2, (2, 1, 60, 80)).repeat(9, 1)[:, 0]
    np.testing.assert_array_equal(boundary_counts(y_true, y_pred, 2), boundary_counts(y_true, y_pred, 2, distance=2))


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    distance=st.integers(1, 6),
    cell=st.integers(1, 9),
    ignore=st.sampled_from([None, 255, 0]),
)
def test_equals_repeated_erosion(seed, height, width, distance, cell, ignore):
    rng = np.random.default_rng(seed)
    # Blocks, so that there are interiors.
    y_true, y_pred = rng.integers(0, 3, (2, 24, 24)).repeat(cell, 1).repeat(cell, 2)[:, :height, :width]
    y_true = y_true.copy()
    if ignore is not None:
        y_true[rng.random(y_true.shape) < 0.02] = ignore
    before = y_true.copy(), y_pred.copy()
    np.testing.assert_array_equal(
        boundary_counts(y_true, y_pred, 3, distance=distance, ignore_class=ignore),
        slow_counts(y_true, y_pred, 3, distance, ignore),
    )
    np.testing.assert_array_equal((y_true, y_pred), before)


@pytest.mark.parametrize("num_classes", [254, 255, 256, 300])
def test_many_classes(num_classes):
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(num_classes - 3, num_classes, (2, 6, 6)).repeat(5, 1).repeat(5, 2)
    np.testing.assert_array_equal(
        boundary_counts(y_true, y_pred, num_classes, distance=2), slow_counts(y_true, y_pred, num_classes, 2)
    )
    np.testing.assert_allclose(
        bf_per_class(y_true, y_pred, num_classes, tolerance=1), slow_bf(y_true, y_pred, num_classes, 1)
    )


def test_counts_add_up_over_images():
    y_true, y_pred = np.random.default_rng(4).integers(0, 3, (2, 4, 6, 7)).repeat(3, 2).repeat(3, 3)
    parts = [boundary_counts(t, p, 3, distance=1) for t, p in zip(y_true, y_pred, strict=True)]
    np.testing.assert_array_equal(boundary_counts(y_true, y_pred, 3, distance=1), np.sum(parts, axis=0))
    assert boundary_counts(y_true[:0], y_pred[:0], 3)[1].tolist() == [0, 0, 0]


def test_ignored_pixels():
    rng = np.random.default_rng(5)
    y_pred = rng.integers(0, 2, (5, 6)).repeat(6, 0).repeat(6, 1)
    y_true = y_pred.copy()
    y_true[10:18, 5:25] = 255
    # Right on every counted pixel: a full score, whatever the ignored region hides.
    np.testing.assert_array_equal(boundary_iou(y_true, y_pred, 2, distance=2, ignore_class=255), [1, 1])
    # What is predicted there changes nothing, even nonsense.
    y_pred[20:30, :20] = 1
    counts = boundary_counts(y_true, y_pred, 2, distance=2, ignore_class=255)
    for anything in (0, 1, 7, -1):
        other = np.where(y_true == 255, anything, y_pred)
        np.testing.assert_array_equal(boundary_counts(y_true, other, 2, distance=2, ignore_class=255), counts)
    nothing = np.full((9, 9), 255)
    assert np.isnan(boundary_iou(nothing, np.zeros((9, 9), int), 2, ignore_class=255)).all()


def test_dice_hardly_sees_what_boundary_iou_sees():
    y_true, y_pred = np.zeros((2, 20, 20), np.uint8)
    y_true[4:16, 4:16] = y_pred[4:16, 5:17] = 1
    intersection, total = (y_true & y_pred).sum(), y_true.sum() + y_pred.sum(dtype=int)
    assert 2 * intersection / total == pytest.approx(0.917, abs=5e-4)
    assert boundary_iou(y_true, y_pred, 2)[1] == pytest.approx(0.333, abs=5e-4)


def slow_bf(y_true, y_pred, num_classes, tolerance, ignore_class=None):
    """Every pair of contour pixels of one image, one class after the other."""
    counted = y_true != ignore_class if ignore_class is not None else np.ones(y_true.shape, bool)
    scores = np.full(num_classes, np.nan)
    for k in np.unique(y_true[counted]):
        truth, prediction = (
            np.argwhere(slow_boundary((labels == k) & counted, 1)).tolist() for labels in (y_true, y_pred)
        )
        near = [[math.dist(a, b) <= tolerance for b in prediction] for a in truth]
        hits_true = sum(any(row) for row in near)
        hits_pred = sum(any(column) for column in zip(*near, strict=True))
        precision = hits_pred / len(prediction) if prediction else 0
        recall = hits_true / len(truth)
        scores[k] = 2 * precision * recall / (precision + recall) if hits_true else 0
    return scores


def test_bf_by_hand():
    # Of one row every pixel is contour. Class 1 is 3 pixels in truth, 4 in prediction, 2 of them shared.
    y_true, y_pred = np.array([[0, 0, 0, 1, 1, 1, 0, 0, 0]]), np.array([[0, 2, 0, 0, 1, 1, 1, 1, 0]])
    f1 = 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)
    background = 2 * (3 / 4) * (3 / 6) / (3 / 4 + 3 / 6)
    np.testing.assert_allclose(bf_per_class(y_true, y_pred, 4, tolerance=0), [background, f1, np.nan, np.nan])
    assert bf_score(y_true, y_pred, 4, tolerance=0) == pytest.approx((background + f1) / 2)
    # One pixel off is near: of class 1 only the prediction's last pixel stays alone.
    assert bf_per_class(y_true, y_pred, 4, tolerance=1)[1] == pytest.approx(2 * (3 / 4) * 1 / (3 / 4 + 1))
    assert bf_per_class(y_true, y_pred, 4, tolerance=0.99)[1] == pytest.approx(f1)


def test_bf_distance_is_euclidean():
    y_true, y_pred = np.zeros((2, 11, 11), int)
    y_true[4, 4] = y_pred[7, 8] = 1  # 3 rows and 4 columns away
    assert bf_per_class(y_true, y_pred, 2, tolerance=4.99)[1] == 0
    assert bf_per_class(y_true, y_pred, 2, tolerance=5)[1] == 1


def test_bf_tolerance_is_a_share_of_the_diagonal():
    y_true, y_pred = np.zeros((2, 300, 400), np.uint8)  # diagonal 500, tolerance 3.75
    y_true[50:200, 50:300] = 1
    for moved, fits in ((3, True), (4, False)):
        y_pred[:] = np.roll(y_true, moved, 1)
        assert (bf_per_class(y_true, y_pred, 2)[1] == 1) == fits
        assert bf_score(y_true, y_pred, 2) == bf_score(y_true, y_pred, 2, tolerance=3.75)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 14),
    width=st.integers(1, 14),
    tolerance=st.sampled_from([0, 1, 1.5, 2, 5, 40, math.inf]),
    ignore=st.sampled_from([None, 255, 0]),
)
def test_bf_equals_all_pairs_of_pixels(seed, height, width, tolerance, ignore):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(0, 3, (2, 6, 6)).repeat(4, 1).repeat(4, 2)[:, :height, :width].copy()
    if ignore is not None:
        y_true[rng.random(y_true.shape) < 0.05] = ignore
    before = y_true.copy(), y_pred.copy()
    expected = slow_bf(y_true, y_pred, 4, tolerance, ignore)
    scores = bf_per_class(y_true, y_pred, 4, tolerance=tolerance, ignore_class=ignore)
    np.testing.assert_allclose(scores, expected)
    np.testing.assert_array_equal((y_true, y_pred), before)
    known = expected[~np.isnan(expected)]
    mean = bf_score(y_true, y_pred, 4, tolerance=tolerance, ignore_class=ignore)
    assert mean == pytest.approx(known.mean()) if len(known) else np.isnan(mean)


@pytest.mark.filterwarnings("error")
def test_bf_is_a_mean_over_images():
    y_true, y_pred = np.random.default_rng(6).integers(0, 3, (2, 4, 5, 6)).repeat(3, 2).repeat(3, 3)
    y_true[1], y_true[2] = 0, 255  # one image with one class, one with nothing to count
    scores = bf_per_class(y_true, y_pred, 3, tolerance=1, ignore_class=255)
    assert scores.shape == (4, 3)
    expected = [slow_bf(t, p, 3, 1, 255) for t, p in zip(y_true, y_pred, strict=True)]
    np.testing.assert_allclose(scores, expected)
    of_images = [np.nanmean(expected[i]) for i in (0, 1, 3)]
    assert bf_score(y_true, y_pred, 3, tolerance=1, ignore_class=255) == pytest.approx(np.mean(of_images))
    assert bf_per_class(y_true[None], y_pred[None], 3, ignore_class=255).shape == (1, 4, 3)
    assert np.isnan(bf_score(y_true[2], y_pred[2], 3, ignore_class=255))
    assert np.isnan(bf_score(y_true[:0], y_pred[:0], 3))
    assert bf_per_class(y_true[:0], y_pred[:0], 3).shape == (0, 3)


def test_bf_of_a_class_that_is_in_one_map_only():
    y_true, y_pred = np.zeros((2, 6, 6), int)
    y_true[1:3, 1:3] = 1
    y_pred[3:5, 3:5] = 2
    scores = bf_per_class(y_true, y_pred, 3, tolerance=0)
    assert scores[1] == 0
    assert np.isnan(scores[2])
    assert bf_score(y_true, y_true, 3) == 1


def test_bf_ignored_pixels():
    rng = np.random.default_rng(7)
    y_pred = rng.integers(0, 2, (5, 6)).repeat(6, 0).repeat(6, 1)
    y_true = y_pred.copy()
    y_true[10:18, 5:25] = 255
    assert bf_score(y_true, y_pred, 2, ignore_class=255) == 1
    for anything in (0, 1, 7, -1):
        other = np.where(y_true == 255, anything, y_pred)
        assert bf_score(y_true, other, 2, ignore_class=255) == 1


def test_errors():
    square = np.zeros((4, 4), int)
    with pytest.raises(InputError, match="distance must be at least 1 pixel, got 0"):
        boundary_counts(square, square, 2, distance=0)
    with pytest.raises(InputError, match=r"shape \(\.\.\., H, W\), got \(4,\)"):
        boundary_counts(square[0], square[0], 2)
    with pytest.raises(InputError, match="same shape"):
        boundary_iou(square, square[:2], 2)
    with pytest.raises(InputError, match=r"y_true must lie in \[0, 2\)"):
        boundary_iou(square + 2, square, 2)
    with pytest.raises(InputError, match=r"y_pred must lie in \[0, 2\)"):
        boundary_iou(square, square + 2, 2)
    with pytest.raises(TypeError, match="integer type"):
        boundary_iou(square * 1.0, square, 2)
    for score in (bf_per_class, bf_score):
        for tolerance in (-1, math.nan):
            with pytest.raises(InputError, match=f"tolerance must be at least 0 pixels, got {tolerance}"):
                score(square, square, 2, tolerance=tolerance)
        with pytest.raises(InputError, match=r"shape \(\.\.\., H, W\), got \(4,\)"):
            score(square[0], square[0], 2)
        with pytest.raises(InputError, match="same shape"):
            score(square, square[:2], 2)
        with pytest.raises(InputError, match=r"y_pred must lie in \[0, 2\)"):
            score(square, square + 2, 2)
        with pytest.raises(TypeError, match="integer type"):
            score(square * 1.0, square, 2)
