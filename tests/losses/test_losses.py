"""What all losses share, and the values of cross-entropy and Dice."""

import math
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from seglab.errors import InputError
from seglab.losses import (
    border_weighted_cross_entropy,
    combined_loss,
    cross_entropy,
    cross_entropy_dice,
    dice_loss,
    focal_loss,
    lovasz_softmax,
    tversky_loss,
)


def weighted(y_true, logits, **options):
    """Cross-entropy with a weight for every class."""
    num_labels = max(logits.shape[-1] if len(logits.shape) == 4 else 1, 2)
    return cross_entropy(y_true, logits, class_weights=[1, 2, 0.5][:num_labels], **options)


def border_weighted(y_true, logits, **options):
    """Border-weighted cross-entropy with weights that are nowhere 0."""
    labels = ops.cast(y_true, "float32")
    if len(labels.shape) == len(logits.shape) and labels.shape[-1] == 1:
        labels = labels[..., 0]
    weights = np.linspace(0.5, 2, math.prod(labels.shape), dtype="float32").reshape(tuple(labels.shape))
    return border_weighted_cross_entropy(ops.stack([labels, weights], axis=-1), logits, **options)


LOSSES = (
    cross_entropy,
    dice_loss,
    cross_entropy_dice,
    weighted,
    border_weighted,
    focal_loss,
    partial(focal_loss, gamma=0.5),
    partial(dice_loss, squared=True),
    tversky_loss,
    lovasz_softmax,
    partial(combined_loss, terms=((0.5, focal_loss), (2.0, lovasz_softmax))),
)


def logit(p):
    p = np.asarray(p, "float64")
    return np.log(p / (1 - p))


def sample(num_classes, *, seed=0, ignored=0.2):
    """Labels (2, 4, 5) with some ignored pixels and logits (2, 4, 5, K)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, max(num_classes, 2), (2, 4, 5))
    labels[rng.random((2, 4, 5)) < ignored] = 255
    return labels, rng.normal(size=(2, 4, 5, num_classes))


def probabilities(logits):
    """Probability of every label, one column per label, also for one logit."""
    if logits.shape[-1] == 1:
        foreground = 1 / (1 + np.exp(-logits))
        return np.concatenate([1 - foreground, foreground], axis=-1)
    powers = np.exp(logits)
    return powers / powers.sum(-1, keepdims=True)


def slow_cross_entropy(labels, logits):
    total = count = 0
    for label, probs in zip(labels.ravel(), probabilities(logits).reshape(labels.size, -1), strict=True):
        if label != 255:
            total, count = total - np.log(probs[label]), count + 1
    return total / count


def slow_dice_loss(labels, logits):
    probs = probabilities(logits).reshape(labels.size, -1)
    losses = []
    for k in range(probs.shape[1]):
        if logits.shape[-1] == 1 and k == 0:
            continue
        overlap = size = seen = 0
        for label, p in zip(labels.ravel(), probs, strict=True):
            if label != 255:
                overlap, size = overlap + p[k] * (label == k), size + p[k] + (label == k)
                seen += (label == k) + (p.argmax() == k)
        if seen:
            losses.append(1 - 2 * overlap / size)
    return np.mean(losses)


def gradient(loss, labels, logits, **options):
    logits = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(labels, logits, **options)
    return tape.gradient(value, logits).numpy()


def test_worked_example_of_one_logit():
    labels = np.array([[[1, 1], [0, 0]]])
    logits = logit([0.9, 0.8, 0.3, 0.1]).reshape(1, 2, 2, 1)
    assert float(cross_entropy(labels, logits)) == pytest.approx(0.19763, abs=1e-5)
    assert float(dice_loss(labels, logits)) == pytest.approx(0.17073, abs=1e-5)
    assert float(cross_entropy_dice(labels, logits)) == pytest.approx(0.36837, abs=1e-5)
    assert float(cross_entropy_dice(labels, logits, dice_weight=0.5)) == pytest.approx(0.19763 + 0.17073 / 2, abs=1e-5)


def test_worked_example_of_two_pixels_and_three_classes():
    # Probabilities (.5, .3, .2) of label 0 and (.1, .1, .8) of label 2; label 1 is nowhere, true or predicted.
    labels, logits = np.array([[[0, 2]]]), np.log([[[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]]])
    assert float(cross_entropy(labels, logits)) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2, rel=1e-6)
    dice_0, dice_2 = 2 * 0.5 / (0.6 + 1), 2 * 0.8 / (1.0 + 1)
    assert float(dice_loss(labels, logits)) == pytest.approx(1 - (dice_0 + dice_2) / 2, rel=1e-6)


def test_cross_entropy_averages_over_the_counted_pixels():
    labels, logits = np.array([[[0, 1, 255]]]), np.array([[[[2.0, 0.0], [0.0, 2.0], [5.0, 0.0]]]])
    # softplus(-2), not two thirds of it
    assert float(cross_entropy(labels, logits, ignore_class=255)) == pytest.approx(0.126928, abs=1e-6)


@pytest.mark.parametrize("num_classes", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_equal_to_the_slow_loops(num_classes, seed):
    labels, logits = sample(num_classes, seed=seed)
    entropy, dice = slow_cross_entropy(labels, logits), slow_dice_loss(labels, logits)
    assert float(cross_entropy(labels, logits, ignore_class=255)) == pytest.approx(entropy, rel=1e-5)
    assert float(dice_loss(labels, logits, ignore_class=255)) == pytest.approx(dice, rel=1e-5)
    both = cross_entropy_dice(labels, logits, ignore_class=255, dice_weight=3)
    assert float(both) == pytest.approx(entropy + 3 * dice, rel=1e-5)


def test_cross_entropy_equals_keras():
    labels, logits = sample(4)
    reference = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)(labels, logits)
    assert float(cross_entropy(labels, logits, ignore_class=255)) == pytest.approx(float(reference), rel=1e-5)
    labels, logits = sample(1, ignored=0)
    reference = keras.losses.BinaryCrossentropy(from_logits=True)(labels[..., None], logits)
    assert float(cross_entropy(labels, logits)) == pytest.approx(float(reference), rel=1e-5)


def test_dice_equals_keras_where_every_class_is_present():
    labels, logits = sample(3, ignored=0)
    truth = np.eye(3)[labels]
    per_class = [float(keras.losses.Dice()(truth[..., k], probabilities(logits)[..., k])) for k in range(3)]
    assert float(dice_loss(labels, logits)) == pytest.approx(np.mean(per_class), rel=1e-5)


def test_dice_of_an_absent_class():
    labels = np.zeros((1, 2, 3), int)
    perfect = np.tile([20.0, -20.0, -20.0], (1, 2, 3, 1))
    assert float(dice_loss(labels, perfect)) == pytest.approx(0, abs=1e-6)
    # Predicted at one pixel of six, class 1 counts: its Dice is 0, that of class 0 is 2 * 5 / (5 + 6).
    wrong = perfect.copy()
    wrong[0, 1, 2] = [-20.0, 20.0, -20.0]
    assert float(dice_loss(labels, wrong)) == pytest.approx((1 - 10 / 11 + 1) / 2, rel=1e-5)


def test_dice_of_an_absent_foreground():
    labels = np.zeros((1, 2, 3), int)
    assert float(dice_loss(labels, np.full((1, 2, 3, 1), -1.0))) == 0
    assert float(dice_loss(labels, np.full((1, 2, 3, 1), 1.0))) == 1


def test_dice_counts_over_the_batch_not_per_image():
    labels = np.array([[[1, 1, 1]], [[1, 0, 0]]])
    p = np.array([[[0.9, 0.9, 0.9]], [[0.1, 0.1, 0.1]]])
    expected = 1 - 2 * (2.7 + 0.1) / (3.0 + 4)
    assert float(dice_loss(labels, logit(p)[..., None])) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("num_classes", [1, 3])
def test_ignored_pixels_take_no_part(loss, num_classes):
    labels, logits = sample(num_classes)
    ignored = labels == 255
    changed = logits.copy()
    changed[ignored] = 50
    before = float(loss(labels, logits, ignore_class=255))
    assert float(loss(labels, changed, ignore_class=255)) == before
    slopes = gradient(loss, labels, logits, ignore_class=255)
    assert not slopes[ignored].any()
    moved = np.abs(slopes[~ignored]).max(-1) > 0
    # Lovasz: once the whole class is lost, the errors that are sorted behind cost nothing more.
    assert moved.all() or (loss is lovasz_softmax and moved.any())


@pytest.mark.parametrize("loss", LOSSES)
def test_a_class_in_range_can_be_ignored(loss):
    labels, logits = sample(3, ignored=0)
    elsewhere = np.where(labels == 0, 255, labels)
    assert float(loss(labels, logits, ignore_class=0)) == float(loss(elsewhere, logits, ignore_class=255))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("num_classes", [1, 3])
def test_everything_ignored(loss, num_classes):
    labels, logits = np.full((1, 2, 3), 255), np.ones((1, 2, 3, num_classes))
    assert float(loss(labels, logits, ignore_class=255)) == 0
    assert not gradient(loss, labels, logits, ignore_class=255).any()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("num_classes", [1, 3])
@pytest.mark.parametrize("scale", [1e2, 1e30])
def test_finite_at_extreme_logits(loss, num_classes, scale):
    labels, logits = sample(num_classes)
    for sign in (1, -1):
        assert np.isfinite(float(loss(labels, sign * scale * logits, ignore_class=255)))
        assert np.isfinite(gradient(loss, labels, sign * scale * logits, ignore_class=255)).all()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("num_classes", [1, 3])
def test_better_predictions_cost_less(loss, num_classes):
    labels, _ = sample(num_classes, ignored=0)
    right = 2.0 * np.eye(num_classes)[labels] if num_classes > 1 else 4.0 * labels[..., None] - 2
    costs = [float(loss(labels, factor * right)) for factor in (3, 1, 0.1, -0.1, -1, -3)]
    assert costs == sorted(costs)
    assert costs[0] < 0.05 < costs[-1]
    # A step against the gradient helps.
    stepped = 0.1 * right - gradient(loss, labels, 0.1 * right)
    assert float(loss(labels, stepped)) < float(loss(labels, 0.1 * right))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("num_classes", "illegal"), [(1, -1), (1, 2), (3, 3), (3, 255)])
def test_an_illegal_label_shows_as_nan(loss, num_classes, illegal):
    labels, logits = sample(num_classes, ignored=0)
    assert np.isfinite(float(loss(labels, logits)))
    labels[0, 1, 2] = illegal
    assert np.isnan(float(loss(labels, logits)))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("num_classes", [1, 3])
def test_half_precision_is_computed_in_float32(loss, num_classes):
    labels, logits = sample(num_classes)
    half = logits.astype("float16")
    value = loss(labels, half, ignore_class=255)
    assert value.dtype == "float32"
    assert value.shape == ()
    assert float(value) == float(loss(labels, half.astype("float32"), ignore_class=255))


@pytest.mark.parametrize("loss", LOSSES)
def test_forms_of_the_labels(loss):
    labels, logits = sample(3)
    expected = float(loss(labels, logits, ignore_class=255))
    for dtype in ("uint8", "int32", "float32"):
        assert float(loss(labels.astype(dtype), logits, ignore_class=255)) == expected
    assert float(loss(labels[..., None], logits, ignore_class=255)) == expected
    labels, logits = sample(1)
    expected = float(loss(labels, logits, ignore_class=255))
    assert float(loss(labels, logits[..., 0], ignore_class=255)) == expected
    assert float(loss(labels[..., None], logits, ignore_class=255)) == expected


@pytest.mark.parametrize("loss", LOSSES)
def test_same_value_in_a_compiled_graph(loss):
    labels, logits = sample(3)
    expected = float(loss(labels, logits, ignore_class=255))
    compiled = tf.function(partial(loss, ignore_class=255), jit_compile=True)
    value = compiled(tf.constant(labels), tf.constant(logits, tf.float32))
    assert float(value) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("num_classes", [1, 3])
def test_same_value_through_compile(num_classes):
    labels, logits = sample(num_classes)
    inputs = keras.Input((4, 5, num_classes))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile(loss=partial(cross_entropy_dice, ignore_class=255, dice_weight=0.5))
    expected = float(cross_entropy_dice(labels, logits, ignore_class=255, dice_weight=0.5))
    assert model.evaluate(logits, labels.astype("int32"), verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", [(2, 8, 10, 3), (2, 4, 3), (3, 2, 4, 5, 3)])
def test_shapes_of_other_pixels_are_refused(loss, shape):
    labels, _ = sample(3)
    with pytest.raises(
        InputError, match=r"y_true must have the shape of the logits without their channels.*\(2, 4, 5\)"
    ):
        loss(labels, np.zeros(shape))


def test_inputs_stay_as_they_were():
    labels, logits = sample(3)
    before = labels.copy(), logits.copy()
    cross_entropy_dice(labels, logits, ignore_class=255)
    np.testing.assert_array_equal(labels, before[0])
    np.testing.assert_array_equal(logits, before[1])
