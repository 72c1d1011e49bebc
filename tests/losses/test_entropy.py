"""Cross-entropy with weights, and focal loss: by hand, against Keras, and their gradients."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab.errors import InputError
from seglab.losses import border_weighted_cross_entropy, cross_entropy, focal_loss


def logit(p):
    p = np.asarray(p, "float64")
    return np.log(p / (1 - p))


def one_pixel(p):
    """Logit (1, 1, 1, 1) of a pixel whose label 1 has this probability."""
    return logit([p]).reshape(1, 1, 1, 1)


def test_class_weights_by_hand():
    # Pixels of labels 0, 2, 2 and an ignored one; p_t = .5, .8, .25.
    labels = np.array([[[0, 2], [2, 255]]])
    logits = np.log([[[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]]])
    loss = float(cross_entropy(labels, logits, ignore_class=255, class_weights=[2, 7, 3]))
    assert loss == pytest.approx(-(2 * np.log(0.5) + 3 * np.log(0.8) + 3 * np.log(0.25)) / 3, rel=1e-6)


def test_class_weights_of_one_logit_by_hand():
    labels, logits = np.array([[[1, 0]]]), logit([0.9, 0.4]).reshape(1, 1, 2, 1)
    loss = float(cross_entropy(labels, logits, class_weights=[0.5, 4]))
    assert loss == pytest.approx(-(4 * np.log(0.9) + 0.5 * np.log(0.6)) / 2, rel=1e-6)


def test_class_weights_equal_sample_weights_of_keras():
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 3, (2, 4, 5)), rng.normal(size=(2, 4, 5, 3)).astype("float32")
    weights = np.array([0.2353, 2, 1], "float32")
    reference = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        labels, logits, sample_weight=weights[labels]
    )
    assert float(cross_entropy(labels, logits, class_weights=weights)) == pytest.approx(float(reference), rel=1e-5)


def test_class_of_weight_zero_is_counted_but_never_learned():
    labels, logits = np.array([[[0, 1]]]), np.zeros((1, 1, 2, 2))
    assert float(cross_entropy(labels, logits, class_weights=[0, 1])) == pytest.approx(np.log(2) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "class_weights must hold one number per label, 3 for 3 logits, got 2"),
        ([1, np.nan, 2], "A class that is nowhere has no frequency"),
        ([1, -1, 2], "at least 0"),
    ],
)
def test_class_weights_are_checked(weights, message):
    with pytest.raises(InputError, match=message):
        cross_entropy(np.zeros((1, 2, 2)), np.zeros((1, 2, 2, 3)), class_weights=weights)


def test_border_weights_by_hand():
    labels = np.array([[[1, 0], [0, 255]]])
    weights = np.array([[[1.0, 11.0], [3.0, np.nan]]])
    logits = logit([[0.9, 0.4], [0.2, 0.5]])[None, ..., None]
    y_true = np.stack([labels, weights], axis=-1).astype("float32")
    loss = partial(border_weighted_cross_entropy, ignore_class=255)
    expected = -(np.log(0.9) + 11 * np.log(0.6) + 3 * np.log(0.8)) / 3
    assert float(loss(y_true, logits)) == pytest.approx(expected, rel=1e-5)
    both = -(4 * np.log(0.9) + 0.5 * 11 * np.log(0.6) + 0.5 * 3 * np.log(0.8)) / 3
    assert float(loss(y_true, logits, class_weights=[0.5, 4])) == pytest.approx(both, rel=1e-5)
    scores = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(y_true, scores)
    # d/dz of -w log p_t is w (p - y), over three pixels.
    expected = np.array([[0.9 - 1, 11 * 0.4], [3 * 0.2, 0]]) / 3
    np.testing.assert_allclose(tape.gradient(value, scores)[0, ..., 0], expected, atol=1e-6)


@pytest.mark.parametrize("num_classes", [1, 3])
def test_border_weights_arrive_through_compile(num_classes):
    rng = np.random.default_rng(1)
    labels, logits = rng.integers(0, 2, (2, 4, 5)), rng.normal(size=(2, 4, 5, num_classes))
    y_true = np.stack([labels, rng.random((2, 4, 5))], axis=-1).astype("float32")
    inputs = keras.Input((4, 5, num_classes))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile(loss=border_weighted_cross_entropy)
    expected = float(border_weighted_cross_entropy(y_true, logits))
    assert model.evaluate(logits, y_true, verbose=0) == pytest.approx(expected, rel=1e-5)
    y_true[..., 1] = 1
    plain = float(cross_entropy(labels, logits))
    assert model.evaluate(logits, y_true, verbose=0) == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 2, 2, 3), (2,)])
def test_labels_without_weights_are_refused(shape):
    with pytest.raises(InputError, match=r"two channels \(B, H, W, 2\), got"):
        border_weighted_cross_entropy(np.zeros(shape), np.zeros((1, 2, 2, 3)))


@pytest.mark.parametrize(("p", "expected"), [(0.9, 2.634e-4), (0.5, 0.04332), (0.1, 0.46627)])
def test_focal_loss_of_one_pixel(p, expected):
    loss = float(focal_loss(np.ones((1, 1, 1)), one_pixel(p), gamma=2.0, alpha=0.25))
    assert loss == pytest.approx(expected, rel=1e-4)
    # The other label with the other probability has the same p_t, but alpha_t = 0.75: three times as much.
    other = float(focal_loss(np.zeros((1, 1, 1)), one_pixel(1 - p), gamma=2.0, alpha=0.25))
    assert other == pytest.approx(3 * expected, rel=1e-4)


def test_focal_loss_equals_keras():
    rng = np.random.default_rng(2)
    labels, logits = rng.integers(0, 2, (2, 4, 5)), rng.normal(size=(2, 4, 5, 1)).astype("float32")
    for gamma, alpha in ((2.0, 0.25), (0.5, 0.6), (3.0, 0.0)):
        reference = keras.losses.BinaryFocalCrossentropy(
            apply_class_balancing=True, alpha=alpha, gamma=gamma, from_logits=True
        )(labels[..., None], logits)
        loss = float(focal_loss(labels, logits, gamma=gamma, alpha=alpha))
        assert loss == pytest.approx(float(reference), rel=1e-4)


def test_focal_loss_of_softmax_by_hand():
    labels, logits = np.array([[[0, 2]]]), np.log([[[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]]])
    values = -(0.5**3) * np.log(0.5), -(0.2**3) * np.log(0.8)
    assert float(focal_loss(labels, logits, gamma=3)) == pytest.approx(sum(values) / 2, rel=1e-5)
    weighted = float(focal_loss(labels, logits, gamma=3, alpha=[2, 9, 5]))
    assert weighted == pytest.approx((2 * values[0] + 5 * values[1]) / 2, rel=1e-5)


@pytest.mark.parametrize("num_classes", [1, 4])
def test_focal_loss_without_focus_is_cross_entropy(num_classes):
    rng = np.random.default_rng(3)
    labels, logits = rng.integers(0, max(num_classes, 2), (2, 3, 4)), rng.normal(size=(2, 3, 4, num_classes))
    assert float(focal_loss(labels, logits, gamma=0)) == pytest.approx(float(cross_entropy(labels, logits)), rel=1e-6)


def test_two_logits_are_one_logit_twice():
    rng = np.random.default_rng(4)
    labels, score = rng.integers(0, 2, (2, 3, 4)), rng.normal(size=(2, 3, 4, 1))
    pair = np.concatenate([0 * score, score], axis=-1)
    for loss in (cross_entropy, focal_loss, partial(focal_loss, alpha=[0.75, 0.25], gamma=0.5)):
        assert float(loss(labels, pair)) == pytest.approx(float(loss(labels, score)), rel=1e-5)


@pytest.mark.parametrize("gamma", [0, 0.1, 1, 2, 5])
@pytest.mark.parametrize("num_classes", [1, 3])
def test_focal_gradient_is_finite_where_the_probability_is_0_or_1(gamma, num_classes):
    labels = np.array([[[0, 1, 0, 1]]])
    scores = np.array([200.0, 200.0, -200.0, -200.0]).reshape(1, 1, 4, 1)
    logits = tf.constant(scores if num_classes == 1 else np.concatenate([0 * scores, scores, -scores], -1), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = focal_loss(labels, logits, gamma=gamma)
    slopes = tape.gradient(value, logits).numpy()
    assert np.isfinite(slopes).all()
    # A pixel that is surely wrong is pushed with the full force of cross-entropy.
    np.testing.assert_allclose(np.abs(slopes[0, 0, 0]).max(), 0.25, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "num_classes", "message"),
    [
        ({"gamma": -1}, 1, "gamma must be a finite number of at least 0, got -1"),
        ({"alpha": 1.5}, 1, r"alpha must be a number in \[0, 1\] for one logit"),
        ({"alpha": 0.25}, 3, r"alpha must be .* one number per label, got 0.25 for 3 logits"),
        ({"alpha": [1, 2]}, 3, "alpha must hold one number per label, 3 for 3 logits, got 2"),
    ],
)
def test_focal_options_are_checked(options, num_classes, message):
    with pytest.raises(InputError, match=message):
        focal_loss(np.zeros((1, 2, 2)), np.zeros((1, 2, 2, num_classes)), **options)
