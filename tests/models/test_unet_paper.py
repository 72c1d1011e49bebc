import keras
import numpy as np
import pytest

from seglab import unet_sizes
from seglab.errors import InputError
from seglab.models import unet_paper
from seglab.receptive_field import receptive_field

# Two poolings: 64 x 96 is legal and gives 24 x 56.
SMALL = {"base_filters": 6, "depth": 2}


def conv(size, cin, cout):
    """Weights of a convolution, or transposed convolution, with bias."""
    return size * size * cin * cout + cout


def count(channels, num_classes, filters=64, depth=4):
    """Weights by formula: two 3x3 convolutions per block, a 2x2 up-convolution per decoder level, and the head."""
    widths = [filters * 2**level for level in range(depth + 1)]
    encoder = sum(conv(3, cin, f) + conv(3, f, f) for cin, f in zip([channels, *widths], widths, strict=False))
    decoder = sum(conv(2, 2 * f, f) + conv(3, 2 * f, f) + conv(3, f, f) for f in widths[:-1])
    return encoder + decoder + conv(1, filters, num_classes)


@pytest.fixture(scope="module")
def paper():
    return unet_paper((572, 572, 1), 2)


def test_weights_and_sizes_of_the_paper(paper):
    assert paper.count_params() == count(1, 2) == 31_030_658
    assert paper.output_shape == (None, 388, 388, 2)
    assert (count(1, 1), count(3, 2), count(3, 1)) == (31_030_593, 31_031_810, 31_031_745)
    convolutions = [layer for layer in paper.layers if isinstance(layer, keras.layers.Conv2D)]
    assert len([layer for layer in convolutions if "upconv" not in layer.name]) == 19
    assert all(layer.padding == "valid" for layer in convolutions)


def test_every_map_has_the_traced_size(paper):
    for block, sizes in unet_sizes.size_trace(572).items():
        first, second = (paper.get_layer(f"{block}_conv{number}") for number in (1, 2))
        assert (first.input.shape[1], first.output.shape[1], second.output.shape[1]) == sizes, block
    crops = [paper.get_layer(f"decoder{level}_crop").cropping for level in (1, 2, 3, 4)]
    assert crops == [((c, c), (c, c)) for c in (88, 40, 16, 4)]


def test_receptive_field_of_the_bottleneck(paper):
    assert receptive_field(keras.Model(paper.input, paper.get_layer("bottleneck_conv2").output)).size == 140


def test_initialized_as_in_the_paper(paper):
    kernel = paper.get_layer("encoder4_conv2").get_weights()[0]
    assert np.isclose(kernel.std(), np.sqrt(2 / (9 * 512)), rtol=0.01)
    assert paper.get_layer("encoder4_conv2").get_weights()[1].max() == 0


@pytest.mark.parametrize(("channels", "num_classes", "filters", "depth"), [(3, 1, 5, 1), (1, 4, 4, 2), (3, 2, 2, 3)])
def test_weights_by_formula(channels, num_classes, filters, depth):
    shape = (unet_sizes.input_size(9, depth), unet_sizes.input_size(30, depth), channels)
    model = unet_paper(shape, num_classes, base_filters=filters, depth=depth)
    assert model.count_params() == count(channels, num_classes, filters, depth)
    assert model.output_shape[1:3] == tuple(unet_sizes.output_size(size, depth) for size in shape[:2])


def test_non_square_and_any_legal_size(image):
    model = unet_paper((None, None, 3), 3, **SMALL)
    assert model(image).shape == (2, 24, 56, 3)
    assert model(image[:, :44, :60]).shape == (2, 4, 20, 3)


@pytest.mark.parametrize("level", [1, 2])
def test_wiring_each_skip_is_the_middle_of_the_encoder_map_of_its_level(level, image):
    model = unet_paper((64, 96, 3), 3, **SMALL)
    for weight in model.weights:  # biases as after some training, so that the maps differ
        weight.assign(weight + 0.1 * np.random.default_rng(4).random(weight.shape))
    names = (f"encoder{level}_conv2", f"decoder{level}_upconv", f"decoder{level}_skip")
    parts = keras.Model(model.input, [model.get_layer(name).output for name in names])
    skip, below, merged = (part.numpy() for part in parts(image))
    top, left = ((have - want) // 2 for have, want in zip(skip.shape[1:3], below.shape[1:3], strict=True))
    assert top == left == unet_sizes.crops(2)[level - 1]
    expected = np.concatenate([skip[:, top:-top, left:-left], below], axis=-1)
    np.testing.assert_allclose(merged, expected, rtol=1e-5)


def test_wiring_a_logit_lies_at_the_middle_of_what_it_sees_through_the_skip(image):
    model = unet_paper((64, 96, 3), 3, **SMALL)
    upconv = model.get_layer("decoder1_upconv")
    upconv.set_weights([0 * weight for weight in upconv.get_weights()])  # nothing arrives from below
    changed = image.copy()
    changed[0, 30, 40] += 1
    difference = np.abs(model(changed).numpy() - model(image).numpy()).max(-1)
    rows, cols = np.nonzero(difference[0])
    margin = unet_sizes.margin(2)
    # Four 3x3 convolutions reach four pixels.
    reach = (rows.min(), rows.max(), cols.min(), cols.max())
    assert reach == (26 - margin, 34 - margin, 36 - margin, 44 - margin)
    assert difference[1].max() == 0


def test_wiring_every_output_pixel_sees_real_pixels_only(image):
    """A network with padding would answer differently at the border of a constant image; this one cannot."""
    logits = unet_paper((64, 96, 3), 3, **SMALL)(np.full_like(image, 0.5)).numpy()
    # Up-convolutions treat even and odd positions differently: compare pixels that lie 4 apart.
    np.testing.assert_allclose(logits[:, 4:], logits[:, :-4], atol=1e-5)
    np.testing.assert_allclose(logits[:, :, 4:], logits[:, :, :-4], atol=1e-5)


def test_wiring_the_bottleneck_reaches_the_logits(image):
    model = unet_paper((64, 96, 3), 3, **SMALL)
    before = model(image).numpy()
    layer = model.get_layer("bottleneck_conv2")
    layer.set_weights([weight + 1 for weight in layer.get_weights()])
    assert not np.allclose(model(image).numpy(), before)


def test_dropout_at_the_end_of_the_contracting_path_in_training_only(image):
    model = unet_paper((64, 96, 3), 3, dropout=0.25, **SMALL)
    drops = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.name for layer in drops] == ["encoder2_dropout", "bottleneck_dropout"]
    assert {layer.rate for layer in drops} == {0.25}
    assert model.get_layer("decoder2_crop").input is model.get_layer("encoder2_dropout").output
    np.testing.assert_array_equal(model(image), model(image))
    assert not np.allclose(model(image, training=True), model(image))


def test_gradient_reaches_every_weight(check_gradients):
    keras.utils.set_random_seed(0)
    check_gradients(unet_paper((64, 96, 3), 3, **SMALL))


def test_saving(check_saving):
    check_saving(unet_paper((64, 96, 3), 3, **SMALL))


def test_head_is_float32_under_mixed_precision(mixed_precision, image):
    model = unet_paper((64, 96, 3), 4, **SMALL)
    assert model.get_layer("bottleneck_conv1").compute_dtype == "float16"
    assert model(image).dtype == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (512, 572, 1)}, "size must be at least 188 .* got 512. Nearest sizes: 508 or 524"),
        ({"input_shape": (572, 172, 1)}, "got 172. Nearest sizes: 188"),
        ({"input_shape": (572, 572)}, "input_shape"),
        ({"num_classes": 0}, "num_classes"),
        ({"depth": 0}, "depth must be an integer of at least 1, got 0"),
        ({"dropout": 1}, r"dropout must lie in \[0, 1\), got 1"),
    ],
)
def test_errors(options, message):
    with pytest.raises(InputError, match=message):
        unet_paper(**{"input_shape": (188, 188, 1), "num_classes": 2, **options})
