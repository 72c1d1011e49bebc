"""Weights to a file and back: order and shapes decide, names do not, and a bad file changes nothing."""

import keras
import numpy as np
import pytest
from safetensors.numpy import save

from seglab.errors import InputError
from seglab.weights import load_weights, save_weights


def network(filters=3):
    inputs = keras.Input((None, None, 2))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(filters, 3)(inputs))
    return keras.Model(inputs, keras.layers.Conv2D(1, 1)(x))


@pytest.fixture
def saved(tmp_path):
    keras.utils.set_random_seed(1)
    model = network()
    save_weights(model, tmp_path / "a.safetensors")
    return model, tmp_path / "a.safetensors"


def test_another_network_of_the_same_shapes_gets_the_same_numbers(saved):
    model, path = saved
    other = network()
    x = np.random.default_rng(0).random((1, 8, 6, 2), np.float32)
    assert not np.allclose(other(x), model(x))
    load_weights(other, path)
    assert [weight.path for weight in other.weights] != [weight.path for weight in model.weights]
    np.testing.assert_array_equal(other(x), model(x))


def test_more_than_ten_weights_keep_their_order(tmp_path):
    dense = [keras.layers.Dense(2, use_bias=False) for _ in range(12)]
    model = keras.Sequential([keras.Input((2,)), *dense])
    for number, layer in enumerate(dense):
        layer.set_weights([np.full((2, 2), number)])
    save_weights(model, tmp_path / "w")
    model.set_weights([np.zeros((2, 2))] * 12)
    load_weights(model, tmp_path / "w")
    assert [layer.get_weights()[0][0, 0] for layer in dense] == list(range(12))


BAD = {
    "missing": (None, "no weights can be read"),
    "a pickle": (b"\x80\x04\x95N.", "no weights can be read"),
    "cut off": ("half", "no weights can be read"),
    "one too few": ({"0000/a": np.zeros(2, np.float32)}, "1 weights, the model has 8"),
    "another shape": ({f"{i:04}": np.zeros((i + 1,), np.float32) for i in range(8)}, "has shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_changes_nothing(saved, tmp_path, name):
    model, path = saved
    content, message = BAD[name]
    bad = tmp_path / "bad.safetensors"
    if content is not None:
        content = path.read_bytes()[:200] if content == "half" else content
        bad.write_bytes(content if isinstance(content, bytes) else save(content))
    before = [weight.numpy() for weight in model.weights]
    with pytest.raises(InputError, match=message):
        load_weights(model, bad)
    for old, weight in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, weight)


def test_numbers_that_are_not_finite_are_refused(saved, tmp_path):
    model, _ = saved
    model.weights[0].assign(np.full(model.weights[0].shape, np.nan))
    save_weights(model, tmp_path / "nan")
    with pytest.raises(InputError, match="not finite"):
        load_weights(network(), tmp_path / "nan")
