"""What every architecture is tested for."""

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def image():
    """A batch of two non-square noise images."""
    return np.random.default_rng(0).random((2, 64, 96, 3), "float32")


@pytest.fixture
def check_gradients(image):
    """Function that fails if a trainable weight gets no gradient in training mode."""

    def check(model):
        # Random weights on the logits: equal ones could cancel gradients.
        with tf.GradientTape() as tape:
            logits = model(image, training=True)
            loss = tf.reduce_mean(logits * np.random.default_rng(1).normal(size=logits.shape).astype("float32"))
        gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
            assert gradient is not None, weight.path
            assert np.isfinite(gradient).all(), weight.path
            assert np.abs(gradient).max() > 1e-8, weight.path

    return check


@pytest.fixture
def check_saving(tmp_path, image):
    """Function that fails if a saved and loaded model is not the same."""

    def check(model):
        for weight in model.weights:
            # Kernels sum to about one, so that deep networks neither overflow nor fade.
            values = np.random.default_rng(2).uniform(0.1, 0.3, weight.shape)
            weight.assign(values / values.reshape(-1, values.shape[-1]).sum(0) if values.ndim > 1 else values)
        assert np.isfinite(model(image)).all()
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        for before, after in zip(model.weights, loaded.weights, strict=True):
            np.testing.assert_array_equal(before, after, err_msg=before.path)
        assert len(model.trainable_weights) == len(loaded.trainable_weights)
        np.testing.assert_allclose(model(image), loaded(image), rtol=1e-5)

    return check


@pytest.fixture
def mixed_precision():
    """Build models in float16 for the length of a test."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)
