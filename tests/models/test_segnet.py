from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab.errors import InputError
from seglab.models.encoders import load_network
from seglab.models.segnet import MaxPoolingWithIndices, MaxUnpooling, segnet
from seglab.resampling import max_pool_with_indices, max_unpool


def flat_indices(indices):
    """Positions in the flattened map of (H, W, C), from positions in the windows."""
    rows, cols, channels = np.indices(indices.shape)
    row, col = 2 * rows + indices // 2, 2 * cols + indices % 2
    return (row * 2 * indices.shape[1] + col) * indices.shape[2] + channels


def test_pooling_by_hand():
    x = np.array([[1, 3, 2, 1], [4, 2, 0, 5], [1, 1, 7, 8], [2, 0, 3, 6]], "float32")[None, :, :, None]
    values, indices = MaxPoolingWithIndices()(x)
    assert values[0, :, :, 0].numpy().tolist() == [[4, 5], [2, 8]]
    assert indices[0, :, :, 0].numpy().tolist() == [[2, 3], [2, 1]]
    assert flat_indices(indices[0].numpy().astype(int))[..., 0].tolist() == [[4, 7], [12, 11]]


def test_pooling_and_unpooling_as_in_numpy():
    x = np.random.default_rng(0).integers(0, 4, (2, 6, 10, 3)).astype("float32")  # many ties
    values, indices = MaxPoolingWithIndices()(x)
    unpooled = MaxUnpooling()(values, indices)
    assert unpooled.shape == x.shape
    for sample in range(2):
        wanted_values, wanted_indices = max_pool_with_indices(x[sample])
        np.testing.assert_array_equal(values[sample], wanted_values)
        np.testing.assert_array_equal(flat_indices(indices[sample].numpy().astype(int)), wanted_indices)
        np.testing.assert_array_equal(unpooled[sample], max_unpool(wanted_values, wanted_indices, x[sample].shape))


@pytest.mark.parametrize(("filters", "num_classes"), [(8, 4), (4, 1), (64, 12), (64, 11)])
def test_weights_by_formula(filters, num_classes):
    encoder = [1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 8, 8, 8]
    decoder = [8, 8, 8, 8, 8, 4, 4, 4, 2, 2, 1, 1]
    channels = [3, *(filters * factor for factor in encoder + decoder)]
    convs = sum(9 * cin * cout + cout for cin, cout in pairwise(channels))
    norms = sum(4 * cout for cout in channels[1:])
    logits = 9 * filters * num_classes + num_classes
    count = segnet((64, 96, 3), num_classes, base_filters=filters).count_params()
    assert count == convs + norms + logits
    published = {12: 29_465_804, 11: 29_465_227}
    assert num_classes not in published or count == published[num_classes]


def test_gradient_reaches_every_weight(image):
    model = segnet((64, 96, 3), 3)
    direction = np.random.default_rng(1).normal(size=(2, 64, 96, 3)).astype("float32")
    # In training, batch normalization subtracts the biases again; with fixed statistics they count.
    for training in (True, False):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(image, training=training) * direction)
        gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
            if training and weight.path.endswith("bias") and "logits" not in weight.path:
                continue
            assert gradient is not None and np.isfinite(gradient).all(), weight.path
            assert np.abs(gradient).max() > 0, weight.path


@pytest.mark.parametrize("unpooling", ["indices", "nearest"])
def test_saving(unpooling, check_saving):
    check_saving(segnet((64, 96, 3), 3, unpooling=unpooling))


def test_wiring_every_stage_unpools_by_its_own_indices(image):
    model = segnet((64, 96, 3), 3)
    names = [f"{part}{stage}" for stage in range(1, 6) for part in ("encoder", "decoder")]
    outputs = {
        name: model.get_layer(f"{name}_{'pool' if name.startswith('encoder') else 'unpool'}").output for name in names
    }
    outputs = keras.Model(model.input, outputs)(image)
    for stage in range(1, 6):
        indices = outputs[f"encoder{stage}"][1].numpy()
        unpooled = outputs[f"decoder{stage}"].numpy()  # (B, 2 H, 2 W, C)
        assert unpooled.shape[1:3] == (2 * indices.shape[1], 2 * indices.shape[2])
        rows, cols = np.indices(indices.shape)[1:3]
        where = np.zeros(unpooled.shape, bool)
        batch, _, _, channel = np.indices(indices.shape)
        where[batch, 2 * rows + indices // 2, 2 * cols + indices % 2, channel] = True
        assert not unpooled[~where].any(), f"stage {stage} fills places that are no maxima"
        assert unpooled[where].any(), f"stage {stage} is silent"


def test_wiring_only_indices_cross_from_encoder_to_decoder(image):
    # The decoder can be cut out with nothing but the last pooled map and the indices, and gives the same logits.
    model = segnet((64, 96, 3), 3)
    bottleneck = model.get_layer("encoder5_pool").output
    indices = [model.get_layer(f"encoder{stage}_pool").output[1] for stage in range(1, 5)]
    carried = [*bottleneck, *indices]
    decoder = keras.Model(carried, model.output)  # builds only if no map is needed
    maps = keras.Model(model.input, carried)(image)
    np.testing.assert_allclose(decoder(maps), model(image), rtol=1e-5, atol=1e-6)


def test_nearest_unpooling_repeats(image):
    model = segnet((64, 96, 3), 3, unpooling="nearest")
    layer = model.get_layer("decoder1_unpool")
    before, after = keras.Model(model.input, [layer.input, layer.output])(image)
    np.testing.assert_array_equal(after, np.repeat(np.repeat(before, 2, axis=1), 2, axis=2))
    assert model.count_params() == segnet((64, 96, 3), 3).count_params()


def test_weights_of_vgg16_start_the_encoder(tmp_path):
    network = load_network("vgg16", None)
    network.save_weights(tmp_path / "vgg16.weights.h5")
    model = segnet((64, 96, 3), 2, base_filters=64, weights=tmp_path / "vgg16.weights.h5")
    for name, copied in (("block1_conv1", "encoder1_conv1"), ("block4_conv3", "encoder4_conv3")):
        for wanted, got in zip(
            network.get_layer(name).get_weights(), model.get_layer(copied).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(wanted, got)
    # The image arrives as VGG16 knows it: blue first, without the mean color.
    x = keras.Model(model.input, model.get_layer("encoder1_conv1").input)(np.ones((1, 64, 96, 3), "float32"))
    np.testing.assert_allclose(x[0, 0, 0], [151.061, 138.221, 131.32], atol=1e-3)


def test_any_legal_size_where_none_is_given(image):
    model = segnet((None, None, 3), 4)
    assert model.predict(image, verbose=0).shape == (2, 64, 96, 4)
    assert model.predict(image[:, :32], verbose=0).shape == (2, 32, 96, 4)


def test_logits_are_float32_under_mixed_precision(mixed_precision, image):
    model = segnet((64, 96, 3), 4)
    assert model.get_layer("encoder1_conv1").compute_dtype == "float16"
    assert model.get_layer("encoder1_pool").output[1].dtype == "uint8"
    assert model(image).dtype == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unpooling": "bilinear"}, "unpooling must be one of 'indices', 'nearest', got 'bilinear'"),
        ({"input_shape": (64, 80, 3)}, "divisible by 32, got 64 x 80"),
        ({"num_classes": 0}, "num_classes"),
        ({"weights": "imagenet"}, "for RGB images and base_filters=64, got 3 channels and base_filters=8"),
        ({"weights": "no/such/file", "base_filters": 64}, "got 'no/such/file', which is no file"),
    ],
)
def test_errors(options, message):
    with pytest.raises(InputError, match=message):
        segnet(**{"input_shape": (64, 96, 3), "num_classes": 4, **options})
