"""Class weights: the worked example, ignored pixels, absent classes, and what the weights are for."""

import numpy as np
import pytest

from seglab.balancing import inverse_frequency_weights, median_frequency_weights
from seglab.errors import InputError

BOTH = (median_frequency_weights, inverse_frequency_weights)


def two_images():
    """Two images of 100 pixels: 90 + 80 of class 0, 10 of class 1 in the first, 20 of class 2 in the second."""
    maps = np.zeros((2, 10, 10), np.uint8)
    maps[0, 0] = 1
    maps[1, :2] = 2
    return maps


def test_median_frequency_by_hand():
    # Frequencies 170 / 200, 10 / 100 and 20 / 100: median .2.
    np.testing.assert_allclose(median_frequency_weights(two_images(), 3), [0.2 / 0.85, 2, 1], rtol=1e-12)


def test_inverse_frequency_by_hand():
    np.testing.assert_allclose(inverse_frequency_weights(two_images(), 3), 200 / (3 * np.array([170, 10, 20])))


def test_inverse_frequency_gives_every_class_the_same_total_and_keeps_the_mean():
    maps = np.random.default_rng(0).choice(4, (3, 8, 9), p=[0.7, 0.2, 0.07, 0.03])
    weights = inverse_frequency_weights(maps, 4)
    np.testing.assert_allclose([weights[maps][maps == k].sum() for k in range(4)], maps.size / 4)
    assert weights[maps].mean() == pytest.approx(1)


def test_images_of_different_sizes_one_after_the_other():
    maps = (np.array(rows) for rows in ([[0, 1]], [[0, 0], [0, 0], [2, 2]]))
    # Frequencies 5 / 8, 1 / 2 and 1 / 3: median 1 / 2.
    np.testing.assert_allclose(median_frequency_weights(maps, 3), [0.8, 1, 1.5])


@pytest.mark.parametrize("weights", BOTH)
def test_ignored_pixels_count_nowhere(weights):
    maps = two_images()
    framed = np.full((2, 14, 13), 255, np.uint8)
    framed[:, 2:12, 1:11] = maps
    np.testing.assert_allclose(weights(framed, 3, ignore_class=255), weights(maps, 3))


@pytest.mark.parametrize("weights", BOTH)
def test_a_class_that_is_nowhere_is_nan_and_changes_nothing(weights):
    with_gap = weights(two_images(), 5)
    np.testing.assert_array_equal(np.isnan(with_gap), [False, False, False, True, True])
    np.testing.assert_allclose(with_gap[:3], weights(two_images(), 3))


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize(
    ("maps", "num_classes", "error", "message"),
    [
        ([[[0, 3]]], 3, InputError, r"must lie in \[0, 3\), got values from 0 to 3. Set ignore_class"),
        ([[[-1, 0]]], 3, InputError, "got values from -1 to 0"),
        ([[0, 1]], 3, InputError, r"arrays \(H, W\), got \(2,\)"),
        ([], 3, InputError, "at least one pixel"),
        ([[[0.0, 1.0]]], 3, TypeError, "integer type, got float64"),
        ([[[0, 0]]], 1, InputError, "num_classes must be at least 2"),
    ],
)
def test_errors(weights, maps, num_classes, error, message):
    with pytest.raises(error, match=message):
        weights(maps, num_classes)


@pytest.mark.parametrize("weights", BOTH)
def test_everything_ignored(weights):
    with pytest.raises(InputError, match="not ignored"):
        weights(np.full((1, 2, 2), 255), 2, ignore_class=255)
