"""Gaussian kernels over all pairs of pixels: the exact one by a loop, the fast ones by the exact one."""

import math

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.gaussian_kernels import BilateralKernel, ExactKernel, SpatialKernel, pixel_features


def smooth_image(height, width, seed, channels=3):
    """Slow waves of color with some noise: no two rows, columns or channels alike."""
    rng = np.random.default_rng(seed)
    row, col = np.mgrid[:height, :width] / max(height, width)
    waves = [np.sin(2 * np.pi * (row * a + col * b + c)) for a, b, c in rng.uniform(0, 1.5, (channels, 3))]
    return (0.5 + 0.4 * np.stack(waves, axis=-1) + rng.normal(0, 0.03, (height, width, channels))).clip(0, 1)


def sums_by_loop(features, values):
    """Symmetrically normalized sums, pair by pair."""
    count = len(features)
    weights = [
        [math.exp(-sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) / 2) for q in features] for p in features
    ]
    totals = [sum(row) for row in weights]
    return np.array(
        [
            sum(weights[i][j] / math.sqrt(totals[i] * totals[j]) * np.asarray(values[j]) for j in range(count))
            for i in range(count)
        ]
    )


def test_features_are_rows_columns_and_colors_in_bandwidths():
    image = np.zeros((2, 3, 3))
    image[1, 2] = 0.2, 0.4, 1.0
    features = pixel_features(image, 4, 51)
    assert features.shape == (6, 5) and features.dtype == np.float32
    np.testing.assert_allclose(features[5], [1 / 4, 2 / 4, 1, 2, 5], rtol=1e-6)
    np.testing.assert_allclose(pixel_features(image, 4)[5], [1 / 4, 2 / 4])


def test_the_exact_kernel_is_the_loop():
    image = smooth_image(3, 4, seed=0)
    features, values = pixel_features(image, 2, 60), np.random.default_rng(1).random((12, 5))
    kernel = ExactKernel(features)
    np.testing.assert_allclose(kernel(values), sums_by_loop(features, values), rtol=1e-6)
    ones = np.eye(12)
    np.testing.assert_allclose(kernel.self_weight[:, 0], np.diagonal(kernel(ones)), rtol=1e-6)


def test_the_exact_kernel_refuses_what_does_not_fit_into_memory():
    with pytest.raises(InputError, match="at most 8192 pixels, got 10000"):
        ExactKernel(np.zeros((10000, 2)))


@pytest.mark.parametrize(("height", "width", "theta"), [(9, 14, 1.5), (1, 30, 4), (70, 13, 3), (13, 140, 9)])
def test_the_spatial_kernel_is_the_exact_one_whatever_its_blocks(height, width, theta):
    image, values = np.zeros((height, width, 1)), np.random.default_rng(0).random((height * width, 3), np.float32)
    exact, fast = ExactKernel(pixel_features(image, theta)), SpatialKernel(height, width, theta)
    np.testing.assert_allclose(fast(values), exact(values), atol=1e-3)
    np.testing.assert_allclose(fast.self_weight, exact.self_weight, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("fineness", "allowed"), [((1, 1), 0.05), ((2, 1), 0.03), ((2, 1.5), 0.01), ((2, 2), 0.005)])
def test_the_bilateral_kernel_is_nearly_the_exact_one(channels, fineness, allowed):
    image = smooth_image(36, 52, seed=channels, channels=channels)
    values = np.random.default_rng(0).standard_normal((36 * 52, 4)).astype(np.float32)
    values[: len(values) // 3] += 2  # a slow part that no blur averages away
    exact = ExactKernel(pixel_features(image, 12, 20))
    fast = BilateralKernel(image, 12, 20, fineness=fineness)
    wanted, found = exact(values), fast(values)
    assert np.abs(found - wanted).mean() < allowed * np.abs(wanted).mean()
    assert np.abs(fast.self_weight / exact.self_weight - 1).mean() < 1.5 * allowed


def test_two_lattices_are_better_than_one_and_taken_where_they_are_cheap():
    image = smooth_image(40, 30, seed=3)
    values = np.random.default_rng(0).random((1200, 3), np.float32)
    wanted = ExactKernel(pixel_features(image, 10, 15))(values)
    errors = [np.abs(BilateralKernel(image, 10, 15, fineness=(n, 1))(values) - wanted).mean() for n in (1, 2)]
    assert errors[1] < 0.7 * errors[0]
    small = BilateralKernel(image, 10, 15).lattices
    assert len(small) == 2 and small[0].steps > 1
    large = BilateralKernel(np.random.default_rng(0).random((400, 800, 3)), 80, 13).lattices
    assert len(large) == 1 and large[0].steps == 1


def test_colors_that_lie_on_a_line_need_a_small_lattice():
    gray = np.repeat(smooth_image(24, 24, seed=1, channels=1), 3, axis=-1)
    shapes = [BilateralKernel(image, 8, 13).lattices[0].shape for image in (gray, smooth_image(24, 24, seed=1))]
    assert shapes[0].prod() < shapes[1].prod() / 5
    values = np.random.default_rng(0).random((576, 2), np.float32)
    exact = ExactKernel(pixel_features(gray, 8, 13))(values)
    assert np.abs(BilateralKernel(gray, 8, 13)(values) - exact).mean() < 0.01 * exact.mean()


def test_a_lattice_that_would_fill_the_memory_is_refused():
    noise = np.random.default_rng(0).random((64, 64, 3))
    with pytest.raises(InputError, match=r"lattice has \d+ points, at most 8000000 are allowed. Double theta_beta"):
        BilateralKernel(noise, 4, 1)


@pytest.mark.parametrize("fineness", [(0, 1), (2, 0.5)])
def test_a_fineness_below_one_is_refused(fineness):
    with pytest.raises(InputError, match="fineness must be two numbers of at least 1"):
        BilateralKernel(np.zeros((3, 4, 3)), 5, 20, fineness=fineness)


@pytest.mark.parametrize("make", [lambda image: BilateralKernel(image, 5, 20), lambda image: SpatialKernel(8, 9, 2)])
def test_inputs_stay_as_they_are(make):
    image, values = smooth_image(8, 9, seed=0), np.random.default_rng(0).random((72, 2), np.float32)
    before = image.copy(), values.copy()
    kernel = make(image)
    np.testing.assert_array_equal(kernel(values), kernel(values))
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(values, before[1])
