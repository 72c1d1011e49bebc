import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.models import unet, unet_six_level, unet_two_level

SKIPS = ("concat", "add", "none")


def conv(size, cin, cout):
    """Weights of a convolution, or transposed convolution, with bias."""
    return size * size * cin * cout + cout


def block(cin, cout):
    """Weights of two 3x3 convolutions without bias, each with four numbers of batch normalization per channel."""
    return 9 * cin * cout + 9 * cout * cout + 8 * cout


@pytest.mark.parametrize("skips", SKIPS)
@pytest.mark.parametrize(("filters", "depth", "num_classes"), [(8, 3, 4), (4, 4, 1), (6, 1, 2)])
def test_weights_by_formula(skips, filters, depth, num_classes):
    widths = [filters * 2**level for level in range(depth + 1)]
    encoder = sum(block(cin, cout) for cin, cout in zip([3, *widths], widths, strict=False))
    ups = sum(conv(2, 2 * f, f) for f in widths[:-1])
    decoder = sum(block(2 * f if skips == "concat" else f, f) for f in widths[:-1])
    model = unet((64, 96, 3), num_classes, base_filters=filters, depth=depth, skips=skips)
    assert model.count_params() == encoder + ups + decoder + conv(1, filters, num_classes)


def test_weights_at_the_default_width():
    assert unet((64, 64, 3), 4).count_params() == 121_908
    assert unet((64, 64, 3), 4, skips="none").count_params() == 121_908 - 9 * (8**2 + 16**2 + 32**2)


@pytest.mark.parametrize("skips", SKIPS)
def test_gradient_reaches_every_weight(skips, check_gradients):
    check_gradients(unet((64, 96, 3), 3, skips=skips))


@pytest.mark.parametrize("skips", SKIPS)
def test_saving(skips, check_saving):
    check_saving(unet((64, 96, 3), 3, skips=skips))


@pytest.mark.parametrize("skips", ["concat", "add"])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_wiring_each_skip_carries_the_encoder_map_of_its_level(skips, level, image):
    model = unet((64, 96, 3), 3, skips=skips)
    # Bias and statistics as after some training, so that the maps differ.
    for weight in model.weights:
        weight.assign(weight + 0.1 * np.random.default_rng(4).random(weight.shape))
    names = (f"encoder{level}_conv2_relu", f"decoder{level}_upconv", f"decoder{level}_skip")
    parts = keras.Model(model.input, [model.get_layer(name).output for name in names])
    skip, below, merged = (part.numpy() for part in parts(image))
    assert not np.allclose(skip, below)
    expected = np.concatenate([skip, below], axis=-1) if skips == "concat" else skip + below
    np.testing.assert_allclose(merged, expected, rtol=1e-5)


@pytest.mark.parametrize("skips", SKIPS)
def test_wiring_fine_detail_passes_by_the_skips_alone(skips, image):
    model = unet((64, 96, 3), 3, skips=skips)
    upconv = model.get_layer("decoder1_upconv")
    upconv.set_weights([0 * weight for weight in upconv.get_weights()])  # nothing arrives from below
    changed = image.copy()
    changed[0, 20, 30] += 1
    difference = np.abs(model(changed).numpy() - model(image).numpy()).max(-1)
    if skips == "none":
        assert difference.max() == 0
    else:
        rows, cols = np.nonzero(difference[0])
        assert rows.size
        # Four 3x3 convolutions reach four pixels.
        assert (rows.min(), rows.max(), cols.min(), cols.max()) == (16, 24, 26, 34)
        assert difference[1].max() == 0


def test_wiring_the_bottleneck_reaches_the_logits(image):
    for skips in SKIPS:
        model = unet((64, 96, 3), 3, skips=skips)
        before = model(image).numpy()
        layer = model.get_layer("bottleneck_conv2_bn")
        layer.set_weights([weight + 1 for weight in layer.get_weights()])
        assert not np.allclose(model(image).numpy(), before), skips


def test_layer_names_read_like_the_figure():
    names = [
        layer.name for layer in unet((64, 64, 3), 4, depth=2).layers if "_conv" in layer.name or "up" in layer.name
    ]
    assert [name for name in names if not name.endswith(("_bn", "_relu"))] == [
        "encoder1_conv1", "encoder1_conv2", "encoder2_conv1", "encoder2_conv2", "bottleneck_conv1", "bottleneck_conv2",
        "decoder2_upconv", "decoder2_conv1", "decoder2_conv2", "decoder1_upconv", "decoder1_conv1", "decoder1_conv2",
    ]  # fmt: skip


def test_logits_are_not_probabilities(image):
    logits = unet((64, 96, 3), 4)(10 * image).numpy()
    assert logits.min() < 0
    assert not np.allclose(logits.sum(-1), 1)


def test_any_legal_size_where_none_is_given(image):
    model = unet((None, None, 3), 2)
    assert model(image).shape == (2, 64, 96, 2)
    assert model(image[:, :24, :40]).shape == (2, 24, 40, 2)


def test_one_channel_in_and_out():
    assert unet((16, 24, 1), 1).output_shape == (None, 16, 24, 1)


def test_head_is_float32_under_mixed_precision(mixed_precision, image):
    model = unet((64, 96, 3), 4)
    assert model.get_layer("bottleneck_conv1").compute_dtype == "float16"
    assert model(image).dtype == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skips": "sum"}, "skips must be one of 'concat', 'add', 'none', got 'sum'"),
        ({"depth": 0}, "depth must be an integer of at least 1, got 0"),
        ({"depth": 2.0}, "depth"),
        ({"depth": 4, "input_shape": (64, 72, 3)}, "divisible by 16, got 64 x 72. Nearest sizes: 64 or 80 for 72"),
        ({"num_classes": 0}, "num_classes"),
        ({"input_shape": (64, 64)}, "input_shape"),
    ],
)
def test_errors(options, message):
    arguments = {"input_shape": (64, 96, 3), "num_classes": 4, **options}
    with pytest.raises(InputError, match=message):
        unet(**arguments)


def six_level_rows():
    """The 33 rows of the published table that have weights: name, kernel size, channels in and out, size of the map."""
    rows, cin = [], 3
    for level, width in enumerate((8, 16, 32, 64, 128, 256), start=1):
        size = 512 // 2**level
        rows += [(f"Conv_Down_{level}_1", 3, cin, width, size), (f"Conv_Down_{level}_2", 3, width, width, size)]
        cin = width
    rows += [("Conv_Bottle_1", 3, 256, 512, 4), ("Conv_Bottle_2", 3, 512, 512, 4)]
    rows += [("Conv_Transp_Bottle_", 2, 512, 64, 8)]
    cin = 64 + 256
    for level, (width, up) in enumerate(((256, 32), (128, 16), (64, 8), (32, 4), (16, 2)), start=1):
        size = 4 * 2**level
        rows += [(f"Conv_Up_{level}_1", 3, cin, width, size), (f"Conv_Up_{level}_2", 3, width, width, size)]
        rows += [(f"Conv_Transp_Up_{level}", 2, width, up, 2 * size)]
        cin = up + width // 2
    return [*rows, ("Conv_Classif_1", 3, 10, 16, 256), ("Conv_Classif_2", 3, 16, 16, 256), ("Conv_Out", 1, 16, 1, 256)]


@pytest.fixture(scope="module")
def six_level():
    return unet_six_level()


def test_six_level_has_every_row_of_the_table(six_level):
    rows = six_level_rows()
    built = [
        (layer.name, layer.kernel_size[0], layer.input.shape[-1], layer.filters, layer.output.shape[1])
        for layer in six_level.layers
        if layer.weights
    ]
    assert built == rows
    assert len(rows) == 33
    for layer, (name, size, cin, cout, _) in zip((la for la in six_level.layers if la.weights), rows, strict=True):
        assert layer.count_params() == conv(size, cin, cout), name
    assert six_level.count_params() == sum(conv(*row[1:4]) for row in rows) == 6_667_639


def test_six_level_has_the_printed_counts(six_level):
    assert six_level.get_layer("Conv_Transp_Bottle_").count_params() == 131_136
    assert six_level.get_layer("Conv_Up_1_1").count_params() == 737_536
    assert len(six_level.layers) == 1 + 33 + 6 + 6
    assert six_level.get_layer("Concatenate_Up_3").output.shape == (None, 64, 64, 8 + 32)
    assert (six_level.input_shape, six_level.output_shape) == ((None, 256, 256, 3), (None, 256, 256, 1))
    assert six_level.name == "unet_six_level"


def test_six_level_skips_come_from_the_encoder(six_level):
    merges = {f"Concatenate_Up_{i}": f"Conv_Down_{6 - i}_2" for i in range(1, 6)}
    for merge, source in {"Concatenate_Bottle_": "Conv_Down_6_2", **merges}.items():
        skip = six_level.get_layer(merge).input[1]
        assert skip is six_level.get_layer(source).output, merge


def test_two_level_has_every_row_of_the_table():
    model = unet_two_level()
    assert [layer.count_params() for layer in model.layers if layer.weights] == [
        1792, 36928, 73856, 147584, 295168, 590080, 131200, 295040, 147584, 32832, 73792, 36928, 65,
    ]  # fmt: skip
    assert model.count_params() == 1_862_849
    assert (model.input_shape, model.output_shape) == ((None, 128, 128, 3), (None, 128, 128, 1))
    for level in (1, 2):
        assert model.get_layer(f"decoder{level}_skip").input[1] is model.get_layer(f"encoder{level}_conv2").output


def test_published_networks_end_in_logits(six_level):
    for layer in (six_level.get_layer("Conv_Out"), unet_two_level().get_layer("logits")):
        assert layer.activation is keras.activations.linear
