from functools import partial

import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.models.deeplab import deeplab_v1, deeplab_v2, deeplab_v3, deeplab_v3plus
from seglab.models.deeplab.v3 import aspp
from seglab.models.encoders import build_encoder

# Rates that reach a neighbor on the small maps of these tests.
BUILDERS = {
    "v1": partial(deeplab_v1, rate=2),
    "v2": partial(deeplab_v2, rates=(1, 2, 3)),
    "v3": partial(deeplab_v3, rates=(1, 2, 3)),
    "v3 at stride 8": partial(deeplab_v3, rates=(1, 2, 3), output_stride=8),
    "v3+": partial(deeplab_v3plus, rates=(1, 2, 3)),
    "v3+ at stride 8, not separable": partial(deeplab_v3plus, rates=(1, 2, 3), output_stride=8, separable=False),
}
BRANCHES = ("1x1", "rate1", "rate2", "rate3")


def conv(size, cin, cout):
    """Weights of a convolution with bias."""
    return size * size * cin * cout + cout


def normed(size, cin, cout):
    """Weights of a convolution without bias, with four numbers of batch normalization per channel."""
    return size * size * cin * cout + 4 * cout


def separable(cin, cout):
    """Weights of a 3x3 kernel per channel and of a 1x1 convolution, both normalized."""
    return 9 * cin + 4 * cin + normed(1, cin, cout)


def pyramid(cin, cout, block):
    """Weights of the ASPP of v3: five branches and their projection."""
    return 2 * normed(1, cin, cout) + 3 * block(cin, cout) + normed(1, 5 * cout, cout)


def plain(cin, cout):
    return normed(3, cin, cout)


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


@pytest.mark.parametrize("num_classes", [1, 4])
def test_weights_by_formula(num_classes):
    base = build_encoder("slim", base_filters=6).count_params()  # 48 channels at the end, 6 at stride 4
    counts = {
        "v1": base + conv(3, 48, 96) + conv(1, 96, 96) + conv(1, 96, num_classes),
        "v2": base + 3 * conv(3, 48, num_classes),
        "v3": base + pyramid(48, 24, plain) + conv(1, 24, num_classes),
        "v3+": base
        + pyramid(48, 24, separable)
        + normed(1, 6, 48)
        + separable(72, 24)
        + separable(24, 24)
        + conv(1, 24, num_classes),
    }
    counts["v3 at stride 8"] = counts["v3"]
    counts["v3+ at stride 8, not separable"] = (
        base
        + pyramid(48, 24, plain)
        + normed(1, 6, 48)
        + normed(3, 72, 24)
        + normed(3, 24, 24)
        + conv(1, 24, num_classes)
    )
    for name, builder in BUILDERS.items():
        assert builder((64, 96, 3), num_classes, base_filters=6).count_params() == counts[name], name


def test_v1_behind_vgg16_has_the_weights_of_largefov():
    model = deeplab_v1((None, None, 3), 21, encoder="vgg16")
    assert model.count_params() == 14_714_688 + 4_719_616 + 1_049_600 + 21_525 == 20_505_429
    assert model.get_layer("fc6").dilation_rate == (12, 12)
    assert model.get_layer("fc6").input.shape == (None, None, None, 512)


def test_v2_behind_resnet_scores_at_four_rates():
    model = deeplab_v2((320, 384, 3), 21, encoder="resnet50")
    assert model.count_params() == 23_587_712 + 4 * (9 * 2048 * 21 + 21)
    rates = [layer.dilation_rate for layer in model.layers if layer.name.startswith("aspp")]
    assert rates == [(6, 6), (12, 12), (18, 18), (24, 24)]
    assert model.get_layer("aspp_rate6").input.shape == (None, 40, 48, 2048)


def test_aspp_behind_resnet_has_the_published_number_of_convolution_weights():
    x = keras.Input((33, 33, 2048))
    head = keras.Model(x, aspp(x, 256, rates=(6, 12, 18)))
    convolutions = sum(layer.count_params() for layer in head.layers if isinstance(layer, keras.layers.Conv2D))
    assert convolutions == 15_532_032
    assert head.get_layer("aspp_concat").output.shape == (None, 33, 33, 5 * 256)


def test_v3_behind_resnet_dilates_its_last_blocks_by_the_multigrid():
    model = deeplab_v3((320, 384, 3), 21, encoder="resnet50")
    assert model.count_params() == 23_587_712 + pyramid(2048, 256, plain) + conv(1, 256, 21)
    assert model.get_layer("aspp_1x1").input.shape == (None, 20, 24, 2048)
    network = next(layer for layer in model.get_layer("encoder").layers if layer.name == "resnet50")
    last = [network.get_layer(f"conv5_block{block}_2_conv").dilation_rate for block in (1, 2, 3)]
    assert last == [(2, 2), (4, 4), (8, 8)]


@pytest.mark.parametrize("builder", [deeplab_v3, partial(deeplab_v3plus, separable=False)])
@pytest.mark.parametrize(("output_stride", "size", "rates"), [(16, (20, 24), (6, 12, 18)), (8, (40, 48), (12, 24, 36))])
def test_the_paper_s_rates_at_both_strides(builder, output_stride, size, rates):
    model = builder((320, 384, 3), 21, output_stride=output_stride)
    assert model.get_layer("aspp_1x1").input.shape == (None, *size, 64)
    found = [layer.dilation_rate[0] for layer in model.layers if layer.name in {f"aspp_rate{rate}" for rate in rates}]
    assert found == list(rates)


@pytest.mark.parametrize(
    ("encoder", "output_stride", "channels", "low_level"), [("resnet50", 16, 2048, 256), ("mobilenet_v2", 8, 320, 24)]
)
def test_v3plus_behind_whole_encoders(encoder, output_stride, channels, low_level):
    model = deeplab_v3plus((256, 320, 3), 20, encoder=encoder, output_stride=output_stride)
    head = pyramid(channels, 256, separable) + normed(1, low_level, 48) + separable(304, 256) + separable(256, 256)
    assert model.count_params() == model.get_layer("encoder").count_params() + head + conv(1, 256, 20)
    assert model.get_layer("aspp_1x1").input.shape == (None, 256 // output_stride, 320 // output_stride, channels)
    assert model.get_layer("decoder_low_level").input.shape == (None, 64, 80, low_level)
    assert model.get_layer("decoder_concat").output.shape == (None, 64, 80, 256 + 48)
    assert model.output_shape == (None, 256, 320, 20)


@pytest.mark.parametrize("name", BUILDERS)
def test_gradient_reaches_every_weight(name, check_gradients):
    check_gradients(BUILDERS[name]((64, 96, 3), 3))


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "v3+"])
def test_saving(name, check_saving):
    check_saving(BUILDERS[name]((64, 96, 3), 3, base_filters=4))


@pytest.mark.parametrize("name", BUILDERS)
def test_any_legal_size_where_none_is_given(name, image):
    model = BUILDERS[name]((None, None, 3), 4)
    logits = trained(model)(10 * image).numpy()
    assert logits.shape == (2, 64, 96, 4)
    assert not np.allclose(logits.sum(-1), 1)
    assert model(image[:, :32, :80]).shape == (2, 32, 80, 4)


@pytest.mark.parametrize("name", BUILDERS)
def test_head_is_float32_under_mixed_precision(name, mixed_precision, image):
    model = BUILDERS[name]((64, 96, 3), 4)
    assert any(layer.compute_dtype == "float16" for layer in model.layers)
    assert model(image).dtype == "float32"


def test_wiring_v1_is_one_path_of_which_fc6_is_atrous(image):
    model = trained(deeplab_v1((64, 96, 3), 3, rate=2))
    last = model.get_layer("encoder")(image)[-1]
    fc6, fc7, scores = part(model, "fc6", "fc7", "scores")(image)
    np.testing.assert_allclose(fc6, model.get_layer("fc6")(last), rtol=1e-4)
    np.testing.assert_allclose(scores, model.get_layer("scores")(fc7), rtol=1e-4)
    resized = keras.ops.image.resize(scores, (64, 96), interpolation="bilinear")
    np.testing.assert_allclose(model(image), resized, rtol=1e-4, atol=1e-5)
    # One cell of the encoder's map reaches nine cells that lie apart.
    head = keras.Model(model.get_layer("fc6").input, model.get_layer("scores").output)
    cell = np.zeros((1, *head.input_shape[1:]), "float32")
    cell[0, 4, 5] = 1
    rows, cols = np.nonzero(np.abs(head(cell).numpy() - head(0 * cell).numpy())[0].max(-1) > 1e-6)
    assert sorted(zip(rows.tolist(), cols.tolist(), strict=True)) == [(i, j) for i in (2, 4, 6) for j in (3, 5, 7)]


def test_wiring_v2_sums_its_branches_on_one_map(image):
    model = trained(deeplab_v2((64, 96, 3), 3, rates=(1, 2, 3)))
    last = model.get_layer("encoder")(image)[-1]
    branches = [model.get_layer(f"aspp_rate{rate}")(last).numpy() for rate in (1, 2, 3)]
    assert not np.allclose(branches[0], branches[1])
    scores = sum(branches)
    np.testing.assert_allclose(part(model, "scores")(image), scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model(image), keras.ops.image.resize(scores, (64, 96)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["v3", "v3 at stride 8", "v3+", "v3+ at stride 8, not separable"])
def test_wiring_aspp_concatenates_five_views_of_one_map(name, image):
    model = trained(BUILDERS[name]((64, 96, 3), 3))
    last = model.get_layer("encoder")(image)[-1]
    relus = [f"aspp_{branch}_relu" for branch in BRANCHES]
    concat, *views = part(model, "aspp_concat", *relus)(image)
    maps = [model.get_layer("aspp_1x1").input, model.get_layer("aspp_mean").input]
    suffix = "_depthwise" if name == "v3+" else ""
    maps += [model.get_layer(f"aspp_{branch}{suffix}").input for branch in BRANCHES[1:]]
    assert all(tensor is maps[0] for tensor in maps), "a branch looks at another map"
    np.testing.assert_allclose(keras.Model(model.input, maps[0])(image), last, rtol=1e-4)
    concat = concat.numpy()
    assert len({float(view[0, 1, 1, 0]) for view in views}) == 4
    filters = concat.shape[-1] // 5
    np.testing.assert_array_equal(concat[..., : 4 * filters], np.concatenate(views, axis=-1))
    # The fifth view is the same everywhere: the average of the image.
    mean = concat[..., 4 * filters :]
    np.testing.assert_allclose(mean, np.broadcast_to(mean[:, :1, :1], mean.shape), rtol=1e-5)
    norm = model.get_layer("aspp_image_bn")
    expected = norm(model.get_layer("aspp_image")(last.numpy().mean((1, 2), keepdims=True)))
    np.testing.assert_allclose(mean[:, :1, :1], np.maximum(expected, 0), rtol=1e-3, atol=1e-5)
    assert (mean[0] != mean[1]).any()


@pytest.mark.parametrize("name", ["v3+", "v3+ at stride 8, not separable"])
def test_wiring_the_decoder_joins_stride_4_and_the_aspp(name, image):
    model = trained(BUILDERS[name]((64, 96, 3), 3))
    low_level = model.get_layer("encoder")(image)[1]
    skip_input = keras.Model(model.input, model.get_layer("decoder_low_level").input)
    np.testing.assert_allclose(skip_input(image), low_level, rtol=1e-4)
    coarse, skip, joined = part(model, "aspp_relu", "decoder_low_level_relu", "decoder_concat")(image)
    assert joined.shape == (2, 16, 24, coarse.shape[-1] + 48)
    np.testing.assert_allclose(joined[..., -48:], skip, rtol=1e-5)
    large = keras.ops.image.resize(coarse, (16, 24), interpolation="bilinear")
    np.testing.assert_allclose(joined[..., :-48], large, rtol=1e-4, atol=1e-6)


def test_wiring_fine_detail_passes_by_the_low_level_map_alone():
    model = trained(deeplab_v3plus((64, 96, 3), 3, rates=(1, 2, 3)))
    low_level, coarse = model.get_layer("decoder_low_level").input, model.get_layer("aspp_relu").output
    head = keras.Model([low_level, coarse], model.output)
    rng = np.random.default_rng(5)
    maps = [rng.random((1, *tensor.shape[1:]), "float32") for tensor in (low_level, coarse)]
    before = head(maps).numpy()
    changed = maps[0].copy()
    changed[0, 7, 9] += 1
    rows, cols = np.nonzero(np.abs(head([changed, maps[1]]).numpy() - before)[0].max(-1) > 1e-6)
    # Two 3x3 convolutions reach two cells of stride 4, and interpolation a cell more.
    assert rows.size
    assert 4 * (7 - 3) <= rows.min() < rows.max() < 4 * (7 + 4)
    assert 4 * (9 - 3) <= cols.min() < cols.max() < 4 * (9 + 4)


def test_separable_convolutions_do_not_mix_channels_in_space():
    model = deeplab_v3plus((64, 96, 3), 3, rates=(1, 2, 3))
    assert model.get_layer("decoder_conv1_depthwise").kernel.shape == (3, 3, 32 + 48, 1)
    assert model.get_layer("decoder_conv1").kernel.shape == (1, 1, 32 + 48, 32)
    assert model.get_layer("aspp_rate2_depthwise").dilation_rate == (2, 2)
    names = {layer.name for layer in deeplab_v3plus((64, 96, 3), 3, separable=False).layers}
    assert not any("depthwise" in name for name in names)


@pytest.mark.parametrize(
    ("builder", "options", "message"),
    [
        (deeplab_v1, {"encoder": "resnet50"}, "encoder must be one of 'slim', 'vgg16', got 'resnet50'"),
        (deeplab_v1, {"input_shape": (64, 92, 3)}, "divisible by 8, got 64 x 92. Nearest sizes: 88 or 96 for 92"),
        (deeplab_v2, {"rates": ()}, r"rates must be one or more different dilation rates, got \(\)"),
        (deeplab_v2, {"rates": (6, 6)}, "rates must be one or more different"),
        (deeplab_v2, {"num_classes": 0}, "num_classes"),
        (deeplab_v3, {"output_stride": 32}, "output_stride must be one of 16, 8, got 32"),
        (deeplab_v3, {"input_shape": (64, 88, 3)}, "divisible by 16"),
        (deeplab_v3, {"rates": (6, 6, 12)}, "rates must be different dilation rates"),
        (deeplab_v3, {"multigrid": (1, 2, 4)}, "multigrid is for the blocks of 'resnet50'"),
        (deeplab_v3plus, {"encoder": "vgg16"}, "encoder must be one of 'slim', 'resnet50', 'mobilenet_v2'"),
        (deeplab_v3plus, {"input_shape": (64, 64)}, "input_shape"),
    ],
)
def test_errors(builder, options, message):
    arguments = {"input_shape": (64, 96, 3), "num_classes": 4, **options}
    with pytest.raises(InputError, match=message):
        builder(**arguments)
