"""Dense CRF: two pixels by hand, the fast sums against all pairs, what it does to an image, every error."""

import itertools

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from seglab import crf
from seglab.errors import InputError

UNARY = -np.log([[0.8, 0.2], [0.4, 0.6]])


def two_regions(height, width, seed, noise=0.15):
    """An image of a dark disk on bright ground, its labels, and probabilities that are right by a little on average."""
    rng = np.random.default_rng(seed)
    row, col = np.mgrid[:height, :width]
    labels = ((row - height / 2) ** 2 + (col - width / 3) ** 2 < (height / 3) ** 2).astype(int)
    image = np.where(labels[..., None], 0.2, 0.7) + rng.normal(0, 0.01, (height, width, 3))
    logits = 1.2 * np.eye(2)[labels] + rng.normal(0, 1, (height, width, 2)) * noise * 10
    return image.clip(0, 1), labels, softmax(logits)


def noisy_probs(image, num_classes, seed):
    """Classes by color, blurred, under so much noise that most of what the CRF does is to change classes."""
    rng = np.random.default_rng(seed)
    centers = image.reshape(-1, image.shape[-1])[rng.choice(image.shape[0] * image.shape[1], num_classes, False)]
    labels = ((image[..., None, :] - centers) ** 2).sum(axis=-1).argmin(axis=-1)
    logits = ndimage.gaussian_filter(3.6 * np.eye(num_classes)[labels], (1.5, 1.5, 0))
    return softmax(logits + 1.5 * rng.standard_normal(logits.shape))


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def picture(name):
    """32 x 32 pixels of three kinds: a smooth detail, a busy detail, and a whole picture made small."""
    astronaut = data.astronaut() / 255
    if name == "whole":
        return astronaut.reshape(32, 16, 32, 16, 3).mean(axis=(1, 3))
    row, col = {"smooth": (90, 200), "busy": (300, 100)}[name]
    return astronaut[row : row + 32, col : col + 32]


def test_mean_field_of_two_pixels_by_hand():
    # The first pixel hears (.4, .6) and the second one (.8, .2): e.g. .4 e^.8 / (.4 e^.8 + .6 e^.2) = .5485.
    probs = crf.mean_field(UNARY, lambda probs: probs[::-1], iterations=1)
    np.testing.assert_allclose(probs, [[0.7661, 0.2339], [0.5485, 0.4515]], atol=5e-5)
    assert probs[1].argmax() != UNARY[1].argmin()
    np.testing.assert_allclose(crf.mean_field(UNARY, None, iterations=0), [[0.8, 0.2], [0.4, 0.6]])


def test_every_pixel_hears_the_probabilities_of_the_step_before():
    def message(probs):
        return 2.0 * probs[::-1]

    wanted = np.exp(-UNARY)
    for _ in range(3):
        heard = np.stack([wanted[1], wanted[0]])
        wanted = softmax(2 * heard - UNARY)
    np.testing.assert_allclose(crf.mean_field(UNARY, message, iterations=3), wanted, rtol=1e-6)


def test_energies_of_two_pixels_by_hand():
    weights = np.array([[0, 1], [1, 0]])
    # -ln .8 - ln .4, -ln .8 - ln .6 + 1, -ln .2 - ln .6, -ln .2 - ln .4 + 1
    for labels, wanted in (((0, 0), 1.1394), ((0, 1), 1.7340), ((1, 1), 2.1203), ((1, 0), 3.5257)):
        assert crf.energy(np.array(labels), UNARY, weights) == pytest.approx(wanted, abs=5e-5)


def test_energy_counts_every_pair_once():
    rng = np.random.default_rng(0)
    unary, weights, labels = rng.random((5, 3)), rng.random((5, 5)), np.array([0, 2, 1, 2, 0])
    weights += weights.T
    wanted = sum(unary[i, k] for i, k in enumerate(labels))
    wanted += sum(weights[i, j] for i, j in itertools.combinations(range(5), 2) if labels[i] != labels[j])
    assert crf.energy(labels, unary, weights) == pytest.approx(wanted)


def test_two_pixels_of_an_image_by_hand():
    # One kernel of weight 2; the pair's weight is a = exp(-1/2), each total 1 + a, hence k = 2 a / (1 + a) = .7551.
    probs = np.array([[[0.8, 0.2], [0.4, 0.6]]])
    options = dict(iterations=1, appearance_weight=0, smoothness_weight=2, theta_gamma=1)
    for exact in (True, False):
        refined = crf.dense_crf(probs, np.zeros((1, 2, 3)), exact=exact, **options)
        first = 0.8 * np.exp(0.7551 * 0.4) / (0.8 * np.exp(0.7551 * 0.4) + 0.2 * np.exp(0.7551 * 0.6))
        second = 0.4 * np.exp(0.7551 * 0.8) / (0.4 * np.exp(0.7551 * 0.8) + 0.6 * np.exp(0.7551 * 0.2))
        np.testing.assert_allclose(refined[0, :, 0], [first, second], atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("theta_alpha", [8, 80])
@pytest.mark.parametrize("name", ["smooth", "busy", "whole"])
def test_the_fast_result_is_the_exact_one(name, theta_alpha, seed):
    image = picture(name)
    probs = noisy_probs(image, 5, seed)
    exact = crf.dense_crf(probs, image, theta_alpha=theta_alpha, exact=True)
    fast = crf.dense_crf(probs, image, theta_alpha=theta_alpha)
    assert (exact.argmax(axis=-1) != probs.argmax(axis=-1)).mean() > 0.2  # the CRF has really done something
    assert np.abs(fast - exact).mean() <= 5e-3
    assert (fast.argmax(axis=-1) == exact.argmax(axis=-1)).mean() >= 0.99


@pytest.mark.parametrize("name", ["smooth", "busy", "whole"])
def test_the_coarsest_lattice_is_near_too(name):
    image = picture(name)
    probs = noisy_probs(image, 5, 2)
    exact = crf.dense_crf(probs, image, exact=True)
    coarse = crf.dense_crf(probs, image, fineness=(1, 1))
    assert np.abs(coarse - exact).mean() <= 1e-2
    assert (coarse.argmax(axis=-1) == exact.argmax(axis=-1)).mean() >= 0.97


@pytest.mark.parametrize("channels", [1, 2])
def test_other_numbers_of_channels(channels):
    image, _, probs = two_regions(20, 31, seed=1)
    image = image[..., :channels]
    exact, fast = (crf.dense_crf(probs, image, theta_alpha=9, exact=exact) for exact in (True, False))
    assert np.abs(fast - exact).mean() <= 5e-3


def test_regions_become_whole_and_contours_stay():
    image, labels, probs = two_regions(40, 64, seed=0)
    assert (probs.argmax(axis=-1) == labels).mean() < 0.8
    refined = crf.dense_crf(probs, image)
    assert refined.shape == probs.shape and refined.dtype == np.float32
    np.testing.assert_allclose(refined.sum(axis=-1), 1, atol=1e-5)
    assert (refined.argmax(axis=-1) == labels).mean() > 0.99
    blind = crf.dense_crf(probs, np.zeros_like(image))  # no colors to follow
    assert (blind.argmax(axis=-1) == labels).mean() < 0.95


def test_one_foreground_probability_is_two_classes():
    image, _, probs = two_regions(20, 24, seed=2)
    both = crf.dense_crf(probs, image)
    one = crf.dense_crf(probs[..., 1:], image)
    assert one.shape == (20, 24, 1)
    np.testing.assert_allclose(one, both[..., 1:], atol=1e-5)


@pytest.mark.parametrize("exact", [False, True])
def test_nothing_to_do(exact):
    image, _, probs = two_regions(9, 12, seed=3)
    for options in (dict(iterations=0), dict(appearance_weight=0, smoothness_weight=0)):
        np.testing.assert_allclose(crf.dense_crf(probs, image, exact=exact, **options), probs, atol=1e-5)


def test_classes_that_nobody_believes_in_leave_finite_numbers():
    image, labels, _ = two_regions(12, 15, seed=4)
    certain = np.eye(3)[labels]
    refined = crf.dense_crf(certain, image)
    assert np.isfinite(refined).all()
    assert refined[..., 2].max() < 1e-3
    half = crf.dense_crf(certain.astype(np.float16), image.astype(np.float16))
    assert np.isfinite(half).all()


def test_inputs_stay_as_they_are():
    image, _, probs = two_regions(9, 12, seed=5)
    image, probs = image.astype(np.float32), probs.astype(np.float32)
    before = image.copy(), probs.copy()
    crf.dense_crf(probs, image)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(probs, before[1])


GOOD = {"probs": np.full((4, 5, 2), 0.5), "image": np.zeros((4, 5, 3))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probs": np.full((4, 5), 0.5)}, r"probs must have three axes .*\(4, 5\)"),
        ({"image": np.zeros((4, 5))}, "image must have three axes"),
        ({"image": np.zeros((5, 4, 3))}, r"of one size, got \(4, 5\) and \(5, 4\)"),
        ({"image": np.zeros((4, 5, 4))}, "1 to 3 channels, got 4. Drop the alpha"),
        ({"image": np.full((4, 5, 3), 255.0)}, "image must lie in .* to 255. Divide by 255"),
        ({"probs": np.full((4, 5, 2), -1.0)}, "probs must lie in .* from -1 .* Pass softmax"),
        ({"probs": np.full((4, 5, 2), np.nan)}, "probs must lie in"),
        ({"probs": np.full((4, 5, 2), 0.7)}, "add up to 1 over the classes, got sums from 1.4"),
        ({"iterations": -1}, "iterations must be a whole number of at least 0, got -1"),
        ({"iterations": 2.5}, "iterations must be"),
        ({"theta_alpha": 0}, "theta_alpha must be above 0"),
        ({"theta_beta": -3}, "theta_beta must be above 0"),
        ({"theta_gamma": float("nan")}, "theta_gamma must be above 0"),
        ({"appearance_weight": -1}, "appearance_weight must be at least 0"),
        ({"smoothness_weight": float("inf")}, "smoothness_weight must be at least 0"),
    ],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        crf.dense_crf(**(GOOD | change))


def test_types_are_checked():
    with pytest.raises(TypeError, match="image must be of a float type, got uint8"):
        crf.dense_crf(GOOD["probs"], np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(TypeError, match="probs must be of a float type, got int64"):
        crf.dense_crf(np.zeros((4, 5, 2), np.int64), GOOD["image"])


def test_energy_refuses_shapes_that_do_not_belong_together():
    with pytest.raises(InputError, match="Flatten the image"):
        crf.energy(np.zeros((2, 2), int), UNARY, np.zeros((2, 2)))
    with pytest.raises(InputError, match=r"weights \(N, N\)"):
        crf.energy(np.zeros(2, int), UNARY, np.zeros((3, 3)))
