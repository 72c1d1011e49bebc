"""Two stages: what is frozen stays as it is, the rest learns; then everything does."""

from functools import partial

import keras
import numpy as np
import pytest

from seglab import checkpoints, fine_tuning, models
from seglab.datasets import load
from seglab.errors import InputError
from seglab.fine_tuning import encoder_layers, fine_tune, frozen_encoder
from seglab.training import Recipe, set_seeds

RECIPE = Recipe(epochs=1, batch=4, learning_rate=1e-2, loss="ce", base_filters=4, augment=False)
BUILDERS = {
    "fcn": models.fcn,
    "unet": models.unet,
    "segnet": partial(models.segnet, base_filters=2),
    "deeplab_v1": models.deeplab_v1,
    "deeplab_v2": models.deeplab_v2,
    "deeplab_v3": models.deeplab_v3,
    "deeplab_v3plus": models.deeplab_v3plus,
    "pspnet": partial(models.pspnet, auxiliary=True),
}


def build(name):
    set_seeds(0)
    return BUILDERS[name]((32, 32, 3), 4, **({} if name == "segnet" else {"base_filters": 4}))


def small_model():
    set_seeds(0)
    layers = [keras.layers.Conv2D(4, 3, padding="same", name="encoder1"), keras.layers.Conv2D(4, 1, name="logits")]
    return keras.Sequential([keras.Input((32, 32, 3)), *layers], name="small")


def weights_of(model):
    return {weight.path: weight.numpy() for weight in model.weights}


def changed(before, after, paths):
    return {path for path in paths if not np.array_equal(before[path], after[path])}


@pytest.fixture(scope="module")
def data():
    return [load("shapes", split=split, count=8, size=32, batch=4) for split in ("train", "val")]


@pytest.mark.parametrize("name", ["unet", "deeplab_v3plus"])
def test_frozen_weights_stay_in_stage_one_and_change_in_stage_two(name, data, monkeypatch):
    model = build(name)
    encoder = {weight.path for layer in encoder_layers(model) for weight in layer.weights}
    rest = {weight.path for weight in model.weights} - encoder
    states, rates, its_train = [weights_of(model)], [], fine_tuning.train

    def train(*arguments, recipe, **options):
        history = its_train(*arguments, recipe=recipe, **options)
        states.append(weights_of(model))
        rates.append((recipe.epochs, recipe.learning_rate))
        return history

    monkeypatch.setattr(fine_tuning, "train", train)
    first, second = fine_tune(model, *data, recipe=RECIPE, frozen_epochs=2, slower=0.2, progress=False)
    assert rates == [(2, 1e-2), (1, pytest.approx(2e-3))]
    assert (len(first["loss"]), len(second["loss"])) == (2, 1)
    start, between, end = states
    assert encoder and any("moving_mean" in path for path in encoder)
    assert not changed(start, between, encoder)  # the statistics of batch normalization too
    assert changed(start, between, rest) == rest
    assert changed(between, end, encoder) == encoder
    assert changed(between, end, rest) == rest


@pytest.mark.parametrize("name", BUILDERS)
def test_every_encoder_is_found_and_freed_again(name):
    model = build(name)
    trainable = {weight.path for weight in model.trainable_weights}
    encoder = {weight.path for layer in encoder_layers(model) for weight in layer.trainable_weights}
    with pytest.raises(KeyError), frozen_encoder(model):
        frozen = {weight.path for weight in model.trainable_weights}
        raise KeyError
    assert encoder and frozen == trainable - encoder and frozen
    assert {weight.path for weight in model.trainable_weights} == trainable
    # Of the map that leaves the encoder, nothing of a decoder or a head is a part.
    assert not {path for path in encoder if any(word in path for word in ("decoder", "logits", "score", "head"))}


def test_stages_go_on_where_they_were_stopped(tmp_path, data):
    model = small_model()
    histories = fine_tune(model, *data, recipe=RECIPE, frozen_epochs=1, run_dir=tmp_path, progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stage1", "stage2"]
    again = small_model()
    assert fine_tune(again, *data, recipe=RECIPE, frozen_epochs=1, run_dir=tmp_path, progress=False) == histories
    for value, wanted in zip(checkpoints.values_of(again), checkpoints.values_of(model), strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_errors(data):
    model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 1, name="scores")], name="linear")
    with pytest.raises(InputError, match="begin with encoder or conv, got linear without"):
        fine_tune(model, *data, recipe=RECIPE, frozen_epochs=1)
    for slower in (0, 1.5, "half"):
        with pytest.raises(InputError, match=r"slower must lie in \(0, 1\]"):
            fine_tune(small_model(), *data, recipe=RECIPE, frozen_epochs=1, slower=slower)
    with pytest.raises(InputError, match="epochs must be an integer of at least 1, got 0"):
        fine_tune(small_model(), *data, recipe=RECIPE, frozen_epochs=0)
