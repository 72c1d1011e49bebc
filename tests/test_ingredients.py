"""What the words of a recipe stand for, against the losses, schedules and counts called directly."""

import dataclasses

import keras
import numpy as np
import pytest

from seglab import ingredients, losses, recipes
from seglab.balancing import inverse_frequency_weights, median_frequency_weights
from seglab.datasets import load
from seglab.errors import InputError
from seglab.ingredients import class_weights_of, loss_of, optimizer_of, schedule_of
from seglab.optimizers import Muon
from seglab.recipes import PROFILES
from seglab.schedules import OneCycle, PolyDecay, WarmUp

BASE = PROFILES["fast"]


def recipe_with(**changes):
    return dataclasses.replace(BASE, **changes)


def pixels(num_logits, seed=0):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, max(num_logits, 2), (2, 6, 5))
    y_true[0, :2] = 255
    return y_true, rng.normal(size=(2, 6, 5, num_logits)).astype(np.float32)


def test_every_name_has_its_loss_and_its_weights():
    assert set(ingredients.LOSSES) == set(recipes.LOSS_NAMES)
    assert set(ingredients.WEIGHT_ARGUMENTS) == set(recipes.WEIGHTED_LOSSES)
    assert set(ingredients.COUNTERS) == set(recipes.CLASS_WEIGHTS)


@pytest.mark.parametrize("num_logits", [1, 3])
def test_losses_are_those_of_the_package(num_logits):
    y_true, logits = pixels(num_logits)
    alone = {
        "ce": losses.cross_entropy,
        "dice": losses.dice_loss,
        "focal": losses.focal_loss,
        "tversky": losses.tversky_loss,
        "lovasz": losses.lovasz_softmax,
    }
    values = {name: float(loss(y_true, logits, ignore_class=255)) for name, loss in alone.items()}
    assert len(set(values.values())) == 5
    for name, value in values.items():
        assert float(loss_of(recipe_with(loss=name), ignore_class=255)(y_true, logits)) == pytest.approx(value)
    total = loss_of(recipe_with(loss="focal+tversky+lovasz"), ignore_class=255)(y_true, logits)
    assert float(total) == pytest.approx(values["focal"] + values["tversky"] + values["lovasz"])


def test_class_weights_reach_the_losses_that_have_them():
    y_true, logits = pixels(3)
    weights = (0.5, 1.0, 4.0)
    expected = (
        losses.cross_entropy(y_true, logits, ignore_class=255, class_weights=weights)
        + losses.dice_loss(y_true, logits, ignore_class=255)
        + losses.focal_loss(y_true, logits, ignore_class=255, alpha=weights)
    )
    recipe = recipe_with(loss="ce+dice+focal", class_weights="median")
    value = loss_of(recipe, ignore_class=255, class_weights=weights)(y_true, logits)
    assert float(value) == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("name", "count"), [("median", median_frequency_weights), ("inverse", inverse_frequency_weights)]
)
def test_class_weights_are_counted_from_the_training_labels(name, count):
    data = load("shapes", count=7, size=32, batch=4)
    recipe = recipe_with(class_weights=name)
    expected = count([data[index][1] for index in range(7)], 4)
    np.testing.assert_allclose(class_weights_of(recipe, data), expected)
    assert class_weights_of(BASE, data) is None


def test_a_class_that_is_nowhere_weighs_nothing():
    class Data:
        num_classes, ignore_class = 3, 255
        data = ((None, np.array([[[0, 0], [0, 2]], [[255, 255], [0, 0]]])),)

    weights = class_weights_of(recipe_with(class_weights="median"), Data())
    # Frequencies 5 / 6 and 1 / 4, median 13 / 24.
    np.testing.assert_allclose(weights, [13 / 20, 0, 13 / 6])


def test_schedules():
    cosine = schedule_of(recipe_with(learning_rate=0.5), 20)
    assert float(cosine(0)) == 0.5 and float(cosine(10)) == pytest.approx(0.25) and float(cosine(20)) == 0
    for name, wanted in (("poly", PolyDecay(0.5, 20)), ("one-cycle", OneCycle(0.5, 20))):
        schedule = schedule_of(recipe_with(learning_rate=0.5, schedule=name), 20)
        assert type(schedule) is type(wanted) and schedule.get_config() == wanted.get_config()
    warm = schedule_of(recipe_with(learning_rate=0.5, schedule="poly", warm_up=4), 20)
    assert [float(warm(step)) for step in range(21)] == [
        float(WarmUp(PolyDecay(0.5, 16), 4)(step)) for step in range(21)
    ]
    assert float(warm(20)) == 0
    with pytest.raises(InputError, match=r"recipe\.warm_up must be less than the 20 steps of the training, got 20"):
        schedule_of(recipe_with(warm_up=20), 20)


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", keras.optimizers.Adam), ("sgd", keras.optimizers.SGD), ("muon", Muon)]
)
def test_optimizers(name, kind):
    optimizer = optimizer_of(recipe_with(optimizer=name, learning_rate=0.5), 10)
    assert type(optimizer) is kind and float(optimizer.learning_rate) == 0.5
    assert getattr(optimizer, "momentum", 0.9) == 0.9 and not optimizer.weight_decay
    assert optimizer_of(recipe_with(optimizer=name, weight_decay=0.02), 10).weight_decay == 0.02
