import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion

from seglab.errors import InputError
from seglab.metrics import boundary_counts, boundary_distance, boundary_iou


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
