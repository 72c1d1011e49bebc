import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.losses import cross_entropy
from seglab.models.encoders import build_encoder
from seglab.models.pspnet import AUXILIARY_WEIGHT, pspnet, pyramid_pooling

BINS = (1, 2, 3, 6)


def conv(size, cin, cout):
    """Weights of a convolution with bias."""
    return size * size * cin * cout + cout


def normed(size, cin, cout):
    """Weights of a convolution without bias, with four numbers of batch normalization per channel."""
    return size * size * cin * cout + 4 * cout


def trained(model, scale=0.1):
    """Weights as after some training, so that maps differ and no branch is zero."""
    rng = np.random.default_rng(4)
    for weight in model.weights:
        weight.assign(weight + scale * rng.random(weight.shape))
    return model


def part(model, *names):
    """The network up to some layers: their maps, or the one map of a single layer."""
    maps = [model.get_layer(name).output for name in names]
    return keras.Model(model.input, maps if len(maps) > 1 else maps[0])


@pytest.mark.parametrize(("auxiliary", "num_classes"), [(False, 1), (True, 4)])
def test_weights_by_formula(auxiliary, num_classes):
    base = build_encoder("slim", base_filters=6, output_stride=8).count_params()  # 24, then 48 channels at the end
    head = 4 * normed(1, 48, 12) + normed(3, 96, 12) + conv(1, 12, num_classes)
    second = normed(3, 24, 6) + conv(1, 6, num_classes)
    model = pspnet((64, 96, 3), num_classes, base_filters=6, auxiliary=auxiliary)
    assert model.count_params() == base + head + (second if auxiliary else 0)


def test_behind_resnet_it_has_the_published_convolutions():
    model = pspnet((320, 384, 3), 21, encoder="resnet50", auxiliary=True)
    assert sum(model.get_layer(f"pyramid{count}").count_params() for count in BINS) == 4_194_304
    assert model.get_layer("logits_conv").count_params() == 18_874_368
    assert model.get_layer("auxiliary_conv").kernel.shape == (3, 3, 1024, 256)
    assert model.get_layer("pyramid_concat").output.shape == (None, 40, 48, 4096)
    heads = 4_194_304 + 4 * 4 * 512 + 18_874_368 + 4 * 512 + conv(1, 512, 21) + normed(3, 1024, 256) + conv(1, 256, 21)
    assert model.count_params() == 23_587_712 + heads
    assert model.output_shape == [(None, 320, 384, 21)] * 2


@pytest.mark.parametrize("auxiliary", [False, True])
def test_gradient_reaches_every_weight(auxiliary, check_gradients):
    model = pspnet((64, 96, 3), 3, auxiliary=auxiliary)
    if auxiliary:
        # Each head has a part of its own.
        main, second = model.outputs
        model = keras.Model(model.input, keras.layers.Concatenate()([main, second]))
    check_gradients(model)


def test_the_network_alone_is_one_without_the_auxiliary_head(image):
    model = pspnet((64, 96, 3), 3, auxiliary=True)
    alone = keras.Model(model.input, model.outputs[0])
    plain = pspnet((64, 96, 3), 3)
    assert alone.count_params() == plain.count_params() < model.count_params()
    np.testing.assert_allclose(alone(image), model(image)[0], rtol=1e-6)


@pytest.mark.parametrize("auxiliary", [False, True])
def test_saving(auxiliary, check_saving):
    model = pspnet((64, 96, 3), 3, base_filters=4, auxiliary=auxiliary)
    check_saving(keras.Model(model.input, keras.layers.Concatenate()(model.outputs)) if auxiliary else model)


def test_wiring_the_pyramid_appends_the_averages_of_each_region(image):
    model = trained(pspnet((64, 96, 3), 3))
    last = model.get_layer("encoder")(image)[-1].numpy()  # (2, 8, 12, 64)
    concat = part(model, "pyramid_concat")(image).numpy()
    np.testing.assert_allclose(concat[..., :64], last, rtol=1e-4)
    for index, count in enumerate(BINS):
        rows = [slice(i * 8 // count, -(-(i + 1) * 8 // count)) for i in range(count)]
        cols = [slice(j * 12 // count, -(-(j + 1) * 12 // count)) for j in range(count)]
        means = np.array([[last[:, row, col].mean((1, 2)) for col in cols] for row in rows]).transpose(2, 0, 1, 3)
        level = model.get_layer(f"pyramid{count}_bn")(model.get_layer(f"pyramid{count}")(means))
        level = keras.ops.image.resize(np.maximum(level, 0), (8, 12), interpolation="bilinear")
        start = 64 + 16 * index
        np.testing.assert_allclose(concat[..., start : start + 16], level, rtol=1e-3, atol=1e-4)


def test_wiring_each_head_scores_its_stage(image):
    model = trained(pspnet((64, 96, 3), 3, auxiliary=True))
    *_, before_last, _ = model.get_layer("encoder")(image)
    second_input = keras.Model(model.input, model.get_layer("auxiliary_conv").input)
    np.testing.assert_allclose(second_input(image), before_last, rtol=1e-4)
    main, second = part(model, "logits_scores", "auxiliary_scores")(image)
    logits, auxiliary = model(image)
    for scores, result in ((main, logits), (second, auxiliary)):
        expected = keras.ops.image.resize(scores, (64, 96), interpolation="bilinear")
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(logits, auxiliary)
    joined = part(model, "pyramid_concat")(image)
    head_input = keras.Model(model.input, model.get_layer("logits_conv").input)(image)
    np.testing.assert_allclose(head_input, joined, rtol=1e-5)


def test_the_auxiliary_loss_counts_two_fifths(image):
    model = pspnet((64, 96, 3), 3, auxiliary=True, dropout=0.0)
    model.compile(
        optimizer="sgd", loss=[cross_entropy, cross_entropy], loss_weights=[1, AUXILIARY_WEIGHT], run_eagerly=True
    )
    labels = np.random.default_rng(0).integers(0, 3, (2, 64, 96))
    main, second = (float(cross_entropy(labels, logits)) for logits in model(image))
    total = model.evaluate(image, [labels, labels], verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(total, main + 0.4 * second, rtol=1e-5)


def test_context_crosses_the_whole_image(image):
    model = trained(pspnet((64, 192, 3), 3, base_filters=4))
    wide = np.concatenate([image, image], axis=2)
    changed = wide.copy()
    changed[0, :8, :8] = 0
    difference = np.abs(model(changed).numpy() - model(wide).numpy()).max((-1, 1))
    assert difference[0, -1] > 1e-5, "the far end of the image does not see the near one"
    assert difference[1].max() == 0


def test_any_legal_size_where_none_is_given(image):
    model = trained(pspnet((None, None, 3), 4))
    logits = model(10 * image).numpy()
    assert logits.shape == (2, 64, 96, 4)
    assert not np.allclose(logits.sum(-1), 1)
    assert model(image[:, :40, :56]).shape == (2, 40, 56, 4)


def test_head_is_float32_under_mixed_precision(mixed_precision, image):
    model = pspnet((64, 96, 3), 4)
    assert model.get_layer("pyramid6").compute_dtype == "float16"
    assert model(image).dtype == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "vgg16"}, "encoder must be one of 'slim', 'resnet50', 'mobilenet_v2', got 'vgg16'"),
        ({"input_shape": (64, 92, 3)}, "divisible by 8, got 64 x 92. Nearest sizes: 88 or 96 for 92"),
        ({"bins": (1, 2, 2)}, "bins must be different numbers of regions, at most 64 of them"),
        ({"bins": ()}, "bins must be different"),
        ({"bins": (0, 1)}, "bins must be an integer of at least 1, got 0"),
        ({"num_classes": 0}, "num_classes"),
    ],
)
def test_errors(options, message):
    arguments = {"input_shape": (64, 96, 3), "num_classes": 4, **options}
    with pytest.raises(InputError, match=message):
        pspnet(**arguments)


def test_a_pyramid_of_more_levels_than_channels_is_refused():
    with pytest.raises(InputError, match="at most 3 of them"):
        pyramid_pooling(keras.Input((8, 8, 3)), bins=BINS)
