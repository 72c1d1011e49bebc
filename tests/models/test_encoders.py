import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from seglab.errors import InputError
from seglab.models.encoders import ENCODERS, TAPS, build_encoder, load_network, slim_resnet

CHANNELS = {
    "slim": [8, 8, 16, 32, 64],
    "vgg16": [64, 128, 256, 512, 512],
    "resnet50": [64, 256, 512, 1024, 2048],
    "mobilenet_v2": [16, 24, 32, 96, 320],
}
WHOLE = ("vgg16", "resnet50")  # too large to be saved in every run
PREPROCESS = {
    "vgg16": keras.applications.vgg16.preprocess_input,
    "resnet50": keras.applications.resnet.preprocess_input,
    "mobilenet_v2": keras.applications.mobilenet_v2.preprocess_input,
}


@cache
def encoder(name, output_stride):
    """Encoders with the same weights at every output stride."""
    model = build_encoder(name, output_stride=output_stride)
    if output_stride < 32:
        model.set_weights(encoder(name, 32).get_weights())
    return model


def slim_count(channels, filters):
    def conv(size, cin, cout):  # without bias, with batch normalization
        return size**2 * cin * cout + 4 * cout

    count, cin = conv(3, channels, filters), filters
    for cout in (filters, 2 * filters, 4 * filters, 8 * filters):
        count += conv(3, cin, cout) + conv(3, cout, cout) + conv(1, cin, cout)
        cin = cout
    return count


def resnet50_count():
    def conv(size, cin, cout):  # with bias and batch normalization
        return size**2 * cin * cout + 5 * cout

    count, cin = conv(7, 3, 64), 64
    for filters, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        count += conv(1, cin, 4 * filters)
        for _ in range(blocks):
            count += conv(1, cin, filters) + conv(3, filters, filters) + conv(1, filters, 4 * filters)
            cin = 4 * filters
    return count


def mobilenet_v2_count():
    count, cin = 9 * 3 * 32 + 4 * 32, 32
    for expansion, filters, blocks in (
        (1, 16, 1),
        (6, 24, 2),
        (6, 32, 3),
        (6, 64, 4),
        (6, 96, 3),
        (6, 160, 3),
        (6, 320, 1),
    ):
        for _ in range(blocks):
            wide = expansion * cin
            count += (
                (cin * wide + 4 * wide if expansion > 1 else 0) + 9 * wide + 4 * wide + wide * filters + 4 * filters
            )
            cin = filters
    return count


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("slim", slim_count(3, 8)),
        ("vgg16", 14_714_688),
        ("resnet50", resnet50_count()),
        ("mobilenet_v2", mobilenet_v2_count()),
    ],
)
@pytest.mark.parametrize("output_stride", [32, 16, 8])
def test_weights_by_formula(name, count, output_stride):
    assert encoder(name, output_stride).count_params() == count


def test_counts_as_published():
    assert (resnet50_count(), mobilenet_v2_count()) == (23_587_712, 1_843_264)
    assert slim_resnet(1, 4).count_params() == slim_count(1, 4)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("output_stride", [32, 16, 8])
def test_a_map_at_every_stride(name, output_stride):
    maps = encoder(name, output_stride)(keras.Input((64, 96, 3)))
    strides = [min(stride, output_stride) for stride in (2, 4, 8, 16, 32)]
    expected = [(64 // stride, 96 // stride, width) for stride, width in zip(strides, CHANNELS[name], strict=True)]
    assert [tuple(x.shape[1:]) for x in maps] == expected


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("output_stride", [16, 8])
def test_dilation_keeps_what_strides_saw(name, output_stride, image):
    strided, dilated = encoder(name, 32)(image), encoder(name, output_stride)(image)
    for stage, (x, y) in enumerate(zip(strided, dilated, strict=True), start=1):
        if name == "vgg16" and stage == 5 and output_stride == 8:
            continue  # Keras has no dilated pooling
        step = y.shape[1] // x.shape[1]
        assert step == max(1, 2**stage // output_stride)
        kept = y.numpy()[:, ::step, ::step]
        np.testing.assert_allclose(kept, x, rtol=1e-4, atol=1e-5 * np.abs(x).max(), err_msg=f"stage {stage}")
        assert np.ptp(kept) > 0


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_v2", pytest.param("resnet50", marks=pytest.mark.slow)])
def test_weights_of_a_file_and_pixels_as_keras_has_them(name, tmp_path, image):
    network = load_network(name, None)
    network.save_weights(tmp_path / "network.weights.h5")
    model = build_encoder(name, weights=tmp_path / "network.weights.h5", output_stride=8)
    original = keras.Model(network.input, [network.get_layer(tap).output for tap in TAPS[name][:3]])
    expected = original(PREPROCESS[name](255 * image))
    for x, y in zip(expected, model(image)[:3], strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-3, atol=1e-5 * np.abs(x).max())


def test_slim_weights_of_a_file(tmp_path, image):
    first = slim_resnet()
    first.save_weights(tmp_path / "slim.weights.h5")
    again = build_encoder("slim", weights=tmp_path / "slim.weights.h5", output_stride=16)
    np.testing.assert_array_equal(again(image)[3], first(image)[3])


def dilation_rates(name, output_stride, prefix, multigrid=(1, 1, 1)):
    plain = multigrid == (1, 1, 1)
    model = (
        encoder(name, output_stride) if plain else build_encoder(name, output_stride=output_stride, multigrid=multigrid)
    )
    parts = model.layers if name == "slim" else model.get_layer(name).layers
    return [
        layer.dilation_rate[0]
        for layer in parts
        if layer.name.startswith(prefix) and getattr(layer, "kernel_size", (1, 1)) == (3, 3)
    ]


def test_dilation_rates_by_hand():
    assert dilation_rates("slim", 32, "stage") == [1] * 9
    assert dilation_rates("slim", 16, "stage") == [1] * 8 + [2]
    assert dilation_rates("slim", 8, "stage") == [1] * 6 + [2, 2, 4]
    assert dilation_rates("vgg16", 8, "block5") == [2, 2, 2]
    assert dilation_rates("resnet50", 16, "conv5") == [2, 2, 2]
    assert dilation_rates("resnet50", 16, "conv4") == [1] * 6
    # Chen et al. (2017), section 3.2.1: rate 2 times the unit rates (1, 2, 4) at output stride 16.
    assert dilation_rates("resnet50", 16, "conv5", (1, 2, 4)) == [2, 4, 8]
    assert dilation_rates("mobilenet_v2", 8, "block_6") == [1]
    assert dilation_rates("mobilenet_v2", 8, "block_13") == [2]
    assert dilation_rates("mobilenet_v2", 8, "block_16") == [4]


@pytest.mark.parametrize("name", ENCODERS)
def test_gradient_reaches_every_weight(name, image):
    # With fixed statistics: in training, batch normalization subtracts the biases of ResNet-50 again.
    model = encoder(name, 16)
    rng = np.random.default_rng(1)
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_mean(x * rng.normal(size=x.shape).astype("float32")) for x in model(image, training=False))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, weight.path


@pytest.mark.parametrize("name", ["slim", "mobilenet_v2", *(pytest.param(n, marks=pytest.mark.slow) for n in WHOLE)])
def test_saving(name, check_saving):
    image = keras.Input((64, 96, 3))
    maps = encoder(name, 8)(image)
    pooled = [keras.layers.GlobalAveragePooling2D()(x) for x in maps]
    check_saving(keras.Model(image, keras.layers.Concatenate()(pooled)))


def test_a_frozen_encoder_never_changes(image):
    model = slim_resnet()
    before = model.get_weights()
    model.trainable = False
    pixels = keras.Input((64, 96, 3))
    logits = keras.layers.Conv2D(2, 1)(model(pixels)[-1])
    head = keras.Model(pixels, logits)
    head.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    head.train_on_batch(image, np.ones((2, 2, 3, 2), "float32"))
    assert len(head.trainable_weights) == 2
    for kept, weight in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)


def test_pixels_stay_float32_under_mixed_precision(mixed_precision, image):
    model = build_encoder("mobilenet_v2", output_stride=16)
    assert model.get_layer("pixels").compute_dtype == "float32"
    assert [x.dtype for x in model(image)] == ["float16"] * 5


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet101", {}, "encoder must be one of 'slim', 'vgg16', 'resnet50', 'mobilenet_v2', got 'resnet101'"),
        ("slim", {"output_stride": 4}, "output_stride must be one of 8, 16, 32, got 4"),
        ("slim", {"multigrid": (1, 2, 4)}, "multigrid is for the blocks of 'resnet50'"),
        ("resnet50", {"multigrid": (1, 2)}, "multigrid must be three whole numbers"),
        ("resnet50", {"multigrid": (1, 2, 0)}, "multigrid must be three whole numbers"),
        ("vgg16", {"channels": 1}, "takes RGB images, got 1 channels"),
        ("slim", {"weights": "imagenet"}, "got 'imagenet', which is no file"),
        ("vgg16", {"weights": "no/such/file"}, "got 'no/such/file', which is no file"),
    ],
)
def test_errors(name, options, message):
    with pytest.raises(InputError, match=message):
        build_encoder(name, **options)


def test_weights_of_another_network(tmp_path):
    slim_resnet(3, 4).save_weights(tmp_path / "slim.weights.h5")
    with pytest.raises(InputError, match="Were they saved from vgg16 without its classifier"):
        build_encoder("vgg16", weights=tmp_path / "slim.weights.h5")
    with pytest.raises(InputError, match="do not fit the slim encoder"):
        slim_resnet(3, 8, weights=tmp_path / "slim.weights.h5")


def test_no_network_is_said_plainly(monkeypatch):
    def fail(**options):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG16", fail)
    with pytest.raises(InputError, match=r"'imagenet' cannot be loaded: URL fetch failure\. Is there a network"):
        build_encoder("vgg16", weights="imagenet")


def test_the_slim_encoder_trains_on_large_maps():
    """In a process of its own: with strides in the shortcut, TensorFlow's kernel for the gradient ends it."""
    code = (
        "import keras, numpy as np; from seglab.models.encoders import slim_resnet\n"
        "x = keras.Input((96, 128, 3)); maps = slim_resnet()(x)\n"
        "model = keras.Model(x, keras.layers.GlobalAveragePooling2D()(maps[-1])); model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((16, 96, 128, 3)), np.ones((16, 64)), batch_size=16, epochs=2, verbose=0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
