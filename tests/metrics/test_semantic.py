import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, jaccard_score

from seglab import metrics
from seglab.errors import InputError

# Class 2 is predicted but not in the truth, class 3 is in neither.
Y_TRUE, Y_PRED = np.array([[0, 0, 0, 0, 1, 1, 1, 255], [0, 0, 0, 1, 1, 1, 2, 2]])
CONFUSION = np.array([[3, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_per_class_by_hand():
    np.testing.assert_allclose(metrics.iou_per_class(CONFUSION), [3 / 4, 2 / 4, 0, np.nan])
    np.testing.assert_allclose(metrics.dice_per_class(CONFUSION), [6 / 7, 4 / 6, 0, np.nan])
    np.testing.assert_allclose(metrics.accuracy_per_class(CONFUSION), [3 / 4, 2 / 3, np.nan, np.nan])


@pytest.mark.parametrize(
    ("absent", "expected"), [("exclude", 0.4167), ("truth", 0.6250), ("one", 0.5625), ("zero", 0.3125)]
)
def test_four_rules_four_numbers(absent, expected):
    confusion = metrics.confusion_matrix(Y_TRUE, Y_PRED, 4, ignore_class=255)
    np.testing.assert_array_equal(confusion, CONFUSION)
    assert metrics.mean_iou(confusion, absent=absent) == pytest.approx(expected, abs=5e-5)


def test_means_by_hand():
    assert metrics.mean_iou(CONFUSION) == metrics.mean_iou(CONFUSION, absent="exclude")
    assert metrics.mean_dice(CONFUSION) == pytest.approx((6 / 7 + 4 / 6 + 0) / 3)
    assert metrics.pixel_accuracy(CONFUSION) == pytest.approx(0.7143, abs=5e-5)
    assert metrics.mean_pixel_accuracy(CONFUSION) == pytest.approx(0.7083, abs=5e-5)
    assert metrics.frequency_weighted_iou(CONFUSION) == pytest.approx(0.6429, abs=5e-5)


def test_squares_shifted_diagonally():
    y_true, y_pred = np.zeros((2, 12, 12), int)
    y_true[:8, :8] = y_pred[2:10, 2:10] = 1
    confusion = metrics.confusion_matrix(y_true, y_pred, 2)
    assert metrics.iou_per_class(confusion)[1] == pytest.approx(36 / 92)
    assert metrics.dice_per_class(confusion)[1] == pytest.approx(0.5625)


def test_dataset_mean_is_not_the_mean_over_images():
    images = [np.array([[0, 10], [0, 90]]), np.array([[0, 2], [0, 0]])]  # of class 1: (90, 100) and (0, 2)
    np.testing.assert_allclose(metrics.image_mean(metrics.iou_per_class, images), [0, 0.45])
    assert metrics.image_mean(metrics.mean_iou, images) == pytest.approx((0.9 / 2 + 0) / 2)
    assert metrics.iou_per_class(sum(images))[1] == pytest.approx(0.8824, abs=5e-5)


def test_image_mean_leaves_out_images_without_the_class():
    images = [np.diag([2, 0, 0]), np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), np.zeros((3, 3), int)]
    np.testing.assert_allclose(metrics.image_mean(metrics.iou_per_class, images), [(1 + 1 / 2) / 2, 2 / 3, np.nan])
    of_images = metrics.image_mean(metrics.mean_iou, iter(images))
    assert of_images == pytest.approx((1 + (1 / 2 + 2 / 3) / 2) / 2)
    assert isinstance(of_images, float)
    zero = functools.partial(metrics.mean_iou, absent="zero")
    assert metrics.image_mean(zero, images) == pytest.approx((1 / 3 + (1 / 2 + 2 / 3) / 3 + 0) / 3)
    assert np.isnan(metrics.image_mean(metrics.mean_iou, images[2:]))
    np.testing.assert_allclose(metrics.image_mean(metrics.dice_per_class, np.stack(images[:1])), [1, np.nan, np.nan])


def test_everything_background_looks_good_to_pixel_accuracy_only():
    confusion = np.array([[99, 0], [1, 0]])
    assert metrics.pixel_accuracy(confusion) == pytest.approx(0.99)
    assert metrics.mean_iou(confusion) == pytest.approx(0.495)


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(2, 8), length=st.integers(1, 80))
def test_equals_sklearn(seed, num_classes, length):
    y_true, y_pred = np.random.default_rng(seed).integers(0, num_classes, (2, length))
    confusion = metrics.confusion_matrix(y_true, y_pred, num_classes)
    present = np.union1d(y_true, y_pred)
    iou, dice = metrics.iou_per_class(confusion), metrics.dice_per_class(confusion)
    np.testing.assert_array_equal(np.flatnonzero(~np.isnan(iou)), present)
    np.testing.assert_allclose(iou[present], jaccard_score(y_true, y_pred, average=None, labels=present))
    np.testing.assert_allclose(dice[present], f1_score(y_true, y_pred, average=None, labels=present, zero_division=0))
    np.testing.assert_allclose(dice[present], 2 * iou[present] / (1 + iou[present]))
    assert metrics.mean_iou(confusion) == pytest.approx(iou[present].mean())
    assert metrics.mean_dice(confusion) == pytest.approx(dice[present].mean())
    assert metrics.pixel_accuracy(confusion) == pytest.approx(accuracy_score(y_true, y_pred))
    in_truth = np.isin(y_pred, y_true)
    if in_truth.all():  # else scikit-learn warns
        assert metrics.mean_pixel_accuracy(confusion) == pytest.approx(balanced_accuracy_score(y_true, y_pred))
    weights = np.bincount(y_true, minlength=num_classes) / length
    assert metrics.frequency_weighted_iou(confusion) == pytest.approx(np.nansum(weights * iou))


def test_perfect_and_worst():
    assert metrics.mean_iou(np.diag([5, 1, 0])) == 1
    assert metrics.frequency_weighted_iou(np.diag([5, 1, 0])) == 1
    assert metrics.mean_iou(np.array([[0, 4], [3, 0]])) == 0


@pytest.mark.filterwarnings("error")
def test_nothing_counted_is_nan_without_a_warning():
    empty = np.zeros((3, 3), np.int64)
    assert np.isnan(metrics.iou_per_class(empty)).all()
    for mean in (
        metrics.mean_iou,
        metrics.mean_dice,
        metrics.pixel_accuracy,
        metrics.mean_pixel_accuracy,
        metrics.frequency_weighted_iou,
    ):
        assert np.isnan(mean(empty))
        assert isinstance(mean(empty), float)
        assert isinstance(mean(CONFUSION), float)
    assert np.isnan(metrics.mean_iou(empty, absent="truth"))
    assert metrics.mean_iou(empty, absent="one") == 1
    assert metrics.mean_iou(empty, absent="zero") == 0


@pytest.mark.filterwarnings("error")
def test_a_class_predicted_where_the_truth_is_all_ignored_elsewhere():
    assert metrics.mean_iou(np.array([[0, 5], [0, 0]])) == 0
    assert metrics.frequency_weighted_iou(np.array([[0, 5], [0, 0]])) == 0


def test_errors():
    with pytest.raises(InputError, match="absent must be one of exclude, truth, one, zero, got 'nan'"):
        metrics.mean_iou(CONFUSION, absent="nan")
    for nothing in ([], CONFUSION):
        with pytest.raises(InputError, match="confusions must be confusion matrices, one per image"):
            metrics.image_mean(metrics.mean_iou, nothing)
    for read in (
        metrics.iou_per_class,
        metrics.dice_per_class,
        metrics.accuracy_per_class,
        metrics.mean_iou,
        metrics.mean_dice,
        metrics.pixel_accuracy,
        metrics.mean_pixel_accuracy,
        metrics.frequency_weighted_iou,
    ):
        with pytest.raises(InputError, match=r"confusion must have shape \(K, K\), got \(2, 3\)"):
            read(np.zeros((2, 3), int))
