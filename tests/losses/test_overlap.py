"""Dice with squares, Tversky, Lovasz-softmax and sums: by hand, against slow loops and each other."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.losses import (
    combined_loss,
    cross_entropy,
    cross_entropy_dice,
    dice_loss,
    lovasz_softmax,
    tversky_loss,
)

LABELS, P = np.array([[[1, 1], [0, 0]]]), np.array([0.9, 0.8, 0.3, 0.1])
LOGITS = np.log(P / (1 - P)).reshape(1, 2, 2, 1)


def sample(num_classes, *, seed=0, scale=1.0, ignored=0.2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, max(num_classes, 2), (2, 4, 5))
    labels[rng.random((2, 4, 5)) < ignored] = 255
    return labels, scale * rng.normal(size=(2, 4, 5, num_classes))


def per_class(labels, logits):
    """For each class that counts: the probability and the truth of all counted pixels."""
    kept = labels != 255
    if logits.shape[-1] == 1:
        yield from _seen([(1 / (1 + np.exp(-logits[kept][:, 0])), labels[kept] == 1, logits[kept][:, 0] > 0)])
    else:
        powers = np.exp(logits[kept])
        probs = powers / powers.sum(-1, keepdims=True)
        chosen = probs.argmax(-1)
        yield from _seen([(probs[:, k], labels[kept] == k, chosen == k) for k in range(logits.shape[-1])])


def _seen(classes):
    for probs, truth, chosen in classes:
        if truth.any() or chosen.any():
            yield probs, truth


def slow_lovasz(labels, logits):
    """The Lovasz extension as an integral over thresholds: the errors above each are the pixels that are wrong."""
    losses = []
    for probs, truth in per_class(labels, logits):
        errors = np.abs(truth - probs)
        steps = np.unique(np.append(errors, 0))
        total = 0.0
        for low, high in pairwise(steps):
            wrong = errors >= high
            total += (high - low) * wrong.sum() / (truth | wrong).sum()
        losses.append(total)
    return np.mean(losses)


def test_squared_dice_by_hand():
    # 2 * 1.7 / (.81 + .64 + .09 + .01 + 2) = .95775
    assert float(dice_loss(LABELS, LOGITS, squared=True)) == pytest.approx(1 - 0.95775, abs=1e-5)


def test_tversky_by_hand():
    # TP = 1.7, FP = .4, FN = .3
    assert float(tversky_loss(LABELS, LOGITS)) == pytest.approx(1 - 1.7 / (1.7 + 0.3 * 0.4 + 0.7 * 0.3), rel=1e-5)
    assert float(tversky_loss(LABELS, LOGITS, alpha=1, beta=0)) == pytest.approx(1 - 1.7 / 2.1, rel=1e-5)
    assert float(tversky_loss(LABELS, LOGITS, alpha=0, beta=2)) == pytest.approx(1 - 1.7 / 2.3, rel=1e-5)


@pytest.mark.parametrize("num_classes", [1, 2, 5])
def test_tversky_of_one_half_is_dice(num_classes):
    labels, logits = sample(num_classes)
    tversky = float(tversky_loss(labels, logits, alpha=0.5, beta=0.5, ignore_class=255))
    assert tversky == pytest.approx(float(dice_loss(labels, logits, ignore_class=255)), rel=1e-5)


def test_tversky_equals_keras_where_every_class_is_present():
    labels, logits = sample(3, ignored=0)
    powers = np.exp(logits)
    probs, truth = powers / powers.sum(-1, keepdims=True), np.eye(3)[labels]
    # Keras calls the true pixels that are missed `fp`: its alpha is our beta.
    reference = [float(keras.losses.Tversky(alpha=0.9, beta=0.2)(truth[..., k], probs[..., k])) for k in range(3)]
    assert float(tversky_loss(labels, logits, alpha=0.2, beta=0.9)) == pytest.approx(np.mean(reference), rel=1e-4)


@pytest.mark.parametrize("loss", [tversky_loss, lovasz_softmax])
def test_a_class_that_is_nowhere_is_left_out(loss):
    labels = np.zeros((1, 2, 3), int)
    perfect = np.tile([20.0, -20.0, -20.0], (1, 2, 3, 1))
    assert float(loss(labels, perfect)) == pytest.approx(0, abs=1e-6)
    assert float(loss(labels, np.full((1, 2, 3, 1), -1.0))) == 0
    # One of six pixels is predicted as the absent class 1: its loss is 1, that of class 0 has one miss in six.
    perfect[0, 1, 2] = [-20.0, 20.0, -20.0]
    miss = 1 - 5 / (5 + 0.7) if loss is tversky_loss else 1 / 6
    assert float(loss(labels, perfect)) == pytest.approx((miss + 1) / 2, rel=1e-5)


def test_lovasz_by_hand():
    # Errors .1, .2 inside and .3, .1 outside; sorted .3 out, .2 in, then the two of .1.
    # 1 - IoU after each: 1/3, 2/3, 1 (in) and 1 (out): growth 1/3, 1/3, 1/3, 0.
    assert float(lovasz_softmax(LABELS, LOGITS)) == pytest.approx((0.3 + 0.2 + 0.1) / 3, rel=1e-5)


@pytest.mark.parametrize("num_classes", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lovasz_equals_the_slow_integral(num_classes, seed):
    labels, logits = sample(num_classes, seed=seed)
    loss = float(lovasz_softmax(labels, logits, ignore_class=255))
    assert loss == pytest.approx(slow_lovasz(labels, logits), rel=1e-5)


@pytest.mark.parametrize("num_classes", [1, 4])
def test_lovasz_of_hard_predictions_is_one_minus_iou(num_classes):
    labels, logits = sample(num_classes, seed=3, scale=1e4)
    ious = [1 - (truth & (p > 0.5)).sum() / (truth | (p > 0.5)).sum() for p, truth in per_class(labels, logits / 1e3)]
    assert float(lovasz_softmax(labels, logits, ignore_class=255)) == pytest.approx(np.mean(ious), rel=1e-5)


def test_lovasz_counts_an_absent_foreground_with_its_largest_probability():
    labels, p = np.zeros((1, 1, 3), int), np.array([0.2, 0.7, 0.4])
    logits = np.log(p / (1 - p)).reshape(1, 1, 3, 1)
    assert float(lovasz_softmax(labels, logits)) == pytest.approx(0.7, rel=1e-5)
    # The same where the largest probability is that of an ignored pixel.
    assert float(lovasz_softmax([[[0, 255, 255]]], -logits, ignore_class=255)) == pytest.approx(0.8, rel=1e-5)


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_tversky_weights_are_checked(name):
    with pytest.raises(InputError, match=f"{name} must be a finite number of at least 0, got -0.1"):
        tversky_loss(LABELS, LOGITS, **{name: -0.1})


def test_combined_loss_adds_up():
    labels, logits = sample(3)
    terms = [(2, cross_entropy), (0.5, lovasz_softmax)]
    expected = 2 * cross_entropy(labels, logits, ignore_class=255)
    expected += 0.5 * lovasz_softmax(labels, logits, ignore_class=255)
    total = float(combined_loss(labels, logits, terms=terms, ignore_class=255))
    assert total == pytest.approx(float(expected), rel=1e-6)
    assert float(combined_loss(LABELS, LOGITS, terms=[(1, cross_entropy), (1, dice_loss)])) == pytest.approx(
        0.36837, abs=1e-5
    )


def test_combined_loss_errors():
    with pytest.raises(InputError, match="terms must hold at least one"):
        combined_loss(LABELS, LOGITS, terms=[])
    with pytest.raises(InputError, match="each factor of terms must be a finite number of at least 0, got -1"):
        combined_loss(LABELS, LOGITS, terms=[(-1, dice_loss)])
    with pytest.raises(InputError, match="got -1"):
        cross_entropy_dice(LABELS, LOGITS, dice_weight=-1)
