"""Muon against the singular value decomposition and, where it is AdamW, against Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from seglab.optimizers import Muon, orthogonalize

KERNEL = (3, 3, 4, 6)


def some_variables(rng):
    """A kernel, a bias, a depthwise kernel, and the kernel of a layer that gives logits."""
    shapes = {"kernel": KERNEL, "bias": (6,), "depthwise": (3, 3, 4, 1), "logits": (1, 1, 6, 2)}
    return [keras.Variable(rng.normal(size=shape).astype("float32"), name=name) for name, shape in shapes.items()]


def gradients_of(variables, rng):
    return [ops.convert_to_tensor(rng.normal(size=variable.shape).astype("float32")) for variable in variables]


@pytest.mark.parametrize("shape", [(36, 6), (4, 32), (12, 8), (1, 5)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    matrix = np.random.default_rng(0).normal(size=shape).astype("float32")
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    found = left.T @ np.asarray(orthogonalize(ops.convert_to_tensor(1e-3 * matrix))) @ right.T
    np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=1e-3)
    assert np.all((np.diag(found) > 0.65) & (np.diag(found) < 1.25)), values


def test_a_small_direction_goes_as_far_as_a_large_one():
    found = np.asarray(orthogonalize(ops.convert_to_tensor(np.diag([1.0, 0.3, 0.01]).astype("float32"))))
    assert 0.5 < found[2, 2] / found[0, 0] < 2


def test_no_gradient_is_no_step():
    assert not np.asarray(orthogonalize(ops.zeros((4, 3)))).any()


def test_a_kernel_moves_along_its_momentum_made_orthogonal():
    rng = np.random.default_rng(1)
    kernel, before = keras.Variable(rng.normal(size=KERNEL).astype("float32"), name="kernel"), None
    optimizer = Muon(0.5, weight_decay=0.1)
    momentum = np.zeros(KERNEL, "float32")
    for _ in range(3):
        before = kernel.numpy()
        (gradient,) = gradients_of([kernel], rng)
        optimizer.apply([gradient], [kernel])
        momentum = 0.95 * momentum + 0.05 * np.asarray(gradient)
        ahead = (0.95 * momentum + 0.05 * np.asarray(gradient)).reshape(36, 6)
        step = 0.2 * 36**0.5 * np.asarray(orthogonalize(ops.convert_to_tensor(ahead)))
        wanted = (1 - 0.5 * 0.1) * before - 0.5 * step.reshape(KERNEL)
        np.testing.assert_allclose(kernel.numpy(), wanted, rtol=1e-4, atol=1e-4)
    # As large as a step of Adam, which is about the learning rate for every weight.
    assert 0.1 < np.sqrt(np.mean(step**2)) < 0.25


def test_all_else_is_left_to_adamw():
    ours, theirs = some_variables(np.random.default_rng(2)), some_variables(np.random.default_rng(2))
    muon, adamw = Muon(0.1, weight_decay=0.05), keras.optimizers.AdamW(0.1, weight_decay=0.05)
    adamw.exclude_from_weight_decay(var_names=["bias"])
    for seed in range(3):
        gradients = gradients_of(ours, np.random.default_rng(seed))
        muon.apply(gradients, ours)
        adamw.apply(gradients, theirs)
    assert not np.allclose(ours[0].numpy(), theirs[0].numpy(), atol=1e-2)
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-6)


def test_it_can_be_saved_with_a_model():
    optimizer = Muon(0.1, weight_decay=0.05, plain=["top"], beta_2=0.99)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is Muon and again.get_config() == optimizer.get_config()
    assert (again.plain, again.beta_2) == (("top",), 0.99)
