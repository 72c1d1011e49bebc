import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab.errors import InputError
from seglab.models.residual_unet import residual_unet


def weights_by_formula(filters, stem_stride, num_classes):
    """Convolutions, normalizations and logits; `filters` of the levels, from fine to coarse."""

    def normalized(size, inputs, outputs):
        return size * size * inputs * outputs + 4 * outputs

    def block(inputs, outputs):
        around = normalized(1, inputs, outputs) if inputs != outputs else 0
        return around + normalized(3, inputs, outputs) + normalized(3, outputs, outputs)

    total = normalized(stem_stride, 3, filters[0]) if stem_stride > 1 else 0
    last = filters[0] if stem_stride > 1 else 3
    for width in filters:
        total, last = total + block(last, width), width
    for width in filters[-2::-1]:
        total, last = total + normalized(1, last, width) + normalized(3, 2 * width, width), width
    return total + last * num_classes + num_classes


@pytest.mark.parametrize(
    ("base_filters", "stem_stride", "depth", "filters"),
    [(8, 4, 3, [32, 64, 128, 192]), (2, 1, 5, [2, 4, 8, 16, 32, 48]), (4, 2, 2, [8, 16, 32])],
)
def test_weights_by_formula(base_filters, stem_stride, depth, filters):
    model = residual_unet((64, 96, 3), 5, base_filters=base_filters, stem_stride=stem_stride, depth=depth)
    assert model.count_params() == weights_by_formula(filters, stem_stride, 5)
    assert model.output_shape == (None, 64, 96, 5)
    names = {layer.name for layer in model.layers}
    assert ("stem" in names) == (stem_stride > 1)
    coarsest = model.get_layer("bottleneck_relu").output.shape[1:3]
    assert coarsest == (64 // stem_stride // 2**depth, 96 // stem_stride // 2**depth)


def test_gradient_reaches_every_weight():
    rng = np.random.default_rng(0)
    model = residual_unet((64, 64, 3), 3, base_filters=2)
    image = rng.random((2, 64, 64, 3)).astype("float32")
    direction = rng.normal(size=(2, 64, 64, 3)).astype("float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(direction * model(image, training=True))
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert gradient is not None and np.abs(gradient).max() > 0, variable.path


def test_a_block_is_a_sum_of_two_ways():
    """With the branch's last normalization at 0, a block of equal width is the identity of what is not negative."""
    model = residual_unet((32, 32, 3), 2, base_filters=2, stem_stride=4, depth=2)
    model.get_layer("encoder1_conv2_bn").set_weights([np.zeros(8), np.zeros(8), np.zeros(8), np.ones(8)])
    ends = keras.Model(model.input, [model.get_layer(name).output for name in ("stem_relu", "encoder1_relu")])
    before, after = ends(np.random.default_rng(0).random((1, 32, 32, 3)).astype("float32"))
    assert np.asarray(before).max() > 0
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((48, 64, 3), {}, "divisible by 32, got 48 x 64. Nearest sizes: 32 or 64 for 48"),
        ((64, 64, 3), {"stem_stride": 3}, "stem_stride must be one of 1, 2, 4, got 3"),
        ((64, 64, 3), {"depth": 0}, "depth must be an integer of at least 1, got 0"),
    ],
)
def test_bad_arguments(shape, options, message):
    with pytest.raises(InputError, match=message):
        residual_unet(shape, 2, **options)
