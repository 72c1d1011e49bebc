from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seglab.errors import InputError
from seglab.receptive_field import ReceptiveField, receptive_field, receptive_field_table

CONV, POOL = (3, 1, 1), (2, 2, 1)
VGG16 = [CONV, CONV, POOL] * 2 + [CONV, CONV, CONV, POOL] * 3


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def slow_field(layers, pixel):
    """First and last pixel that output `pixel` sees, by the set of all the pixels it sees."""
    seen = {pixel}
    for kernel, strides, dilation_rate, padding in reversed(layers):
        seen = {out * strides - padding + tap * dilation_rate for out in seen for tap in range(kernel)}
    return min(seen), max(seen)


def measured_spans(model, size):
    """For each output row in the middle: the row, and the first and last input row that change it."""
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))  # so that no two changes cancel
    pictures = np.repeat(np.eye(size, dtype=np.float32)[:, :, None, None], size, axis=2)  # one bright row each
    changed = model.predict(pictures, verbose=0).max(axis=(2, 3)) > 0  # (input row, output row)
    height = changed.shape[1]
    return [(row, *np.flatnonzero(changed[:, row])[[0, -1]]) for row in range(height // 3, 2 * height // 3)]


# Worked by hand


@pytest.mark.parametrize(
    ("layers", "size", "stride"),
    [
        ([(1, 1, 1)], 1, 1),
        ([(7, 2, 1)], 7, 2),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15, 1),
        (VGG16, 212, 32),
        ([*VGG16, (7, 1, 1)], 404, 32),  # fc6, read as a convolution
        ([CONV, CONV], 5, 1),  # two convolutions without pooling
        ([CONV, CONV, POOL] * 2 + [CONV, CONV], 32, 4),  # bottleneck of the U-Net with two poolings
        ([CONV, CONV, POOL] * 6 + [CONV, CONV], 572, 64),  # of the one with six
        ([CONV, CONV, POOL] * 4 + [CONV, CONV], 140, 16),  # of the original
        ([(3, 2), (3,)], 7, 2),  # stride and dilation may be left out
    ],
)
def test_fields_by_hand(layers, size, stride):
    assert receptive_field(layers) == ReceptiveField(size, stride, 0)
    assert receptive_field([list(layer) for layer in layers]) == ReceptiveField(size, stride, 0)


def test_padding_only_moves_the_start():
    assert receptive_field([(3, 1, 1, 1), (3, 2, 2, 2)]) == ReceptiveField(7, 2, -3)


def test_table_by_hand():
    table = receptive_field_table([CONV, POOL, (3, 1, 2), (5, 3)])
    assert [field for _, field in table] == [(3, 1, 0), (4, 2, 0), (12, 2, 0), (20, 6, 0)]
    assert [name for name, _ in table] == [
        "1: kernel 3",
        "2: kernel 2, stride 2",
        "3: kernel 3, dilation 2",
        "4: kernel 5, stride 3",
    ]
    assert receptive_field_table([CONV, (1, 1, 1), CONV])[-1] == ("3: kernel 3", (5, 1, 0))


NUMBERS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))


@settings(deadline=None, max_examples=60)
@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_fields_equal_the_sets_of_pixels(layers):
    size, stride, start = receptive_field(layers)
    assert slow_field(layers, 0) == (start, start + size - 1)
    assert slow_field(layers, 5) == (start + 5 * stride, start + 5 * stride + size - 1)


# Layers by their attributes


class Conv2D(SimpleNamespace):
    pass


class Conv2DTranspose(SimpleNamespace):
    pass


class MaxPooling2D(SimpleNamespace):
    pass


class UpSampling2D(SimpleNamespace):
    pass


class ReLU(SimpleNamespace):
    pass


class GlobalAveragePooling2D(SimpleNamespace):
    pass


def conv(kernel, strides=1, dilation_rate=1, padding="valid", kind=Conv2D):
    return kind(
        name="conv", kernel_size=(kernel,) * 2, strides=(strides,) * 2, dilation_rate=dilation_rate, padding=padding
    )


def test_objects_with_the_attributes_of_layers():
    pool = MaxPooling2D(name="pool", pool_size=(2, 2), strides=(2, 2), padding="valid")
    layers = [conv(3, padding="same"), ReLU(name="relu"), pool, conv(3, dilation_rate=2, padding="same")]
    expected = receptive_field([(3, 1, 1, 1), (2, 2), (3, 1, 2, 2)])
    assert receptive_field(layers) == expected == ReceptiveField(12, 2, -5)
    assert receptive_field(SimpleNamespace(layers=layers)) == expected
    assert [name for name, _ in receptive_field_table(layers)] == ["conv", "pool", "conv"]
    assert receptive_field([SimpleNamespace(name="block", layers=layers), conv(3)]) == ReceptiveField(16, 2, -5)


def test_upsampling_by_hand():
    # Two large pixels under three small ones, wherever they stand; under two, one or two.
    twice = UpSampling2D(name="up", size=(2, 2), interpolation="nearest")
    assert receptive_field([twice]) == ReceptiveField(1, 0.5, 0)
    assert receptive_field([twice, (3, 1)]) == ReceptiveField(2, 0.5, 0)
    assert receptive_field([twice, (2, 1)]) == ReceptiveField(2, 0.5, 0)
    assert receptive_field([twice, (2, 2)]) == ReceptiveField(1, 1, 0)
    assert receptive_field([(2, 2), twice]) == ReceptiveField(2, 1, 0)
    # Bilinear: one large pixel before the center and one behind.
    assert receptive_field([UpSampling2D(name="up", size=2, interpolation="bilinear")]) == ReceptiveField(2, 0.5, -1)
    assert receptive_field([conv(4, 2, padding="same", kind=Conv2DTranspose)]) == ReceptiveField(2, 0.5, -1)
    assert receptive_field([UpSampling2D(name="up", size=2, interpolation="bilinear"), (2, 2)]).size == 3
    # Three taps at strides 2: even outputs see two inputs, odd ones one.
    assert receptive_field([conv(3, 2, kind=Conv2DTranspose)]) == ReceptiveField(2, 0.5, -1)
    # One tap at strides 3: two of three outputs see nothing.
    assert receptive_field([conv(1, 3, kind=Conv2DTranspose), (2, 1)]) == ReceptiveField(1, pytest.approx(1 / 3), 0)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([], "layers must not be empty"),
        ((3, 1, 1), "layers must be a list .* got 3 in it. Put it into a list?"),
        ([(0, 1, 1)], r"layers must be tuples .* got \(0, 1, 1\)"),
        ([(3, 1, 0)], "at least 1"),
        ([(3, 1.0)], r"got \(3, 1.0\)"),
        ([()], r"got \(\)"),
        ([(3, 1, 1, 0, 0)], r"got \(3, 1, 1, 0, 0\)"),
        ([(3, 1, 1, -1)], r"got \(3, 1, 1, -1\)"),
        ([Conv2D(name="wide", kernel_size=(3, 5), strides=1)], r"kernel_size must be the same .* \(3, 5\) in 'wide'"),
        ([conv(3), GlobalAveragePooling2D(name="all")], "got GlobalAveragePooling2D 'all'.* End the network before"),
    ],
)
def test_errors(layers, says):
    with pytest.raises(InputError, match=says):
        receptive_field(layers)
    with pytest.raises(InputError, match=says):
        receptive_field_table(layers)


# Keras models


def test_vgg16_as_a_model(keras):
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))
    assert receptive_field(model) == ReceptiveField(212, 32, -90)
    table = receptive_field_table(model)
    assert table == receptive_field_table(model.layers)
    assert [name for name, _ in table][:3] == ["block1_conv1", "block1_conv2", "block1_pool"]
    assert [field.size for name, field in table if name.endswith("pool")] == [6, 16, 44, 100, 212]
    with pytest.raises(InputError, match="Flatten 'flat'"):
        receptive_field([*model.layers, keras.layers.Flatten(name="flat")])


def test_published_networks(keras):
    from seglab.models.unet import unet_six_level, unet_two_level

    for model, name, size in ((unet_two_level(), "bottleneck_conv2", 32), (unet_six_level(), "Conv_Bottle_2", 572)):
        assert receptive_field(keras.Model(model.input, model.get_layer(name).output)).size == size
        assert dict(receptive_field_table(model))[name].size == size
        assert receptive_field(model).stride == 1


def test_sequential_models_need_no_input_shape(keras):
    layers = [keras.layers.Conv2D(2, 3, padding="same"), keras.layers.MaxPooling2D(3, strides=2)]
    assert receptive_field(keras.Sequential(layers)) == ReceptiveField(5, 2, -1)
    assert receptive_field(keras.Sequential([keras.Input((9, 9, 1)), *layers])) == ReceptiveField(5, 2, -1)


def test_networks_deeper_than_the_stack_of_python(keras):
    x = image = keras.Input((8, 8, 1))
    for _ in range(600):
        x = keras.layers.ReLU()(x)
    assert receptive_field(keras.Model(image, keras.layers.Conv2D(1, 3)(x))) == ReceptiveField(3, 1, 0)


def test_shared_and_nested_models(keras):
    double = keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Conv2D(3, 3)], name="double")
    image = keras.Input((None, None, 3))
    x = double(keras.layers.MaxPooling2D(2, name="pool")(double(image)))
    assert receptive_field(keras.Model(image, x)) == receptive_field([CONV, CONV, POOL, CONV, CONV])
    assert [name for name, _ in receptive_field_table(keras.Model(image, x))] == ["double", "pool", "double"]


def test_fields_that_differ_from_pixel_to_pixel(keras):
    twice = keras.Sequential([keras.layers.UpSampling2D(2)])
    assert receptive_field([twice, (2, 1)]) == ReceptiveField(2, 0.5, 0)  # pixel 0 sees one, pixel 1 two
    # Blocks of four at every third pixel, and of two at every second: pixel 3 sees 3 to 6 and 2 to 3.
    image = keras.Input((None, None, 1))
    thirds = keras.layers.UpSampling2D(3)(keras.layers.MaxPooling2D(4, strides=3)(image))
    halves = keras.layers.UpSampling2D(2)(keras.layers.MaxPooling2D(2)(image))
    both = keras.layers.Add(name="both")([thirds, halves])
    model = keras.Model(image, both)
    assert receptive_field(model) == ReceptiveField(5, 1, 0)
    assert receptive_field_table(model)[-1] == ("both", (5, 1, 0))


def test_several_inputs_and_outputs_count_together(keras):
    first, second = keras.Input((32, 32, 1)), keras.Input((32, 32, 1))
    narrow, wide = keras.layers.Conv2D(1, 3, padding="same")(first), keras.layers.Conv2D(1, 7, padding="same")(second)
    assert receptive_field(keras.Model([first, second], narrow + wide)).size == 7
    assert receptive_field(keras.Model([first, second], [narrow, wide])).size == 7
    assert receptive_field(keras.Model([first, second], [wide, narrow])).size == 7


def plain(keras, image, conv):
    x = conv(2, 3, strides=2)(image)
    return conv(2, 4, dilation_rate=2)(x)


def padded(keras, image, conv):
    x = keras.layers.ZeroPadding2D(3)(image)
    x = keras.layers.AveragePooling2D(3, strides=2, padding="same")(conv(2, 3, padding="valid")(x))
    return keras.layers.Cropping2D(1)(x)


def aspp(keras, image, conv):
    x = conv(2, 3)(image)
    return keras.layers.Add()([conv(2, 3, dilation_rate=rate)(x) for rate in (1, 2, 4)] + [x])


def small_unet(keras, image, conv):
    fine = conv(2, 3)(image)
    middle = conv(2, 3)(keras.layers.AveragePooling2D(2)(fine))
    x = conv(2, 3)(keras.layers.AveragePooling2D(2)(middle))
    x = keras.layers.Conv2DTranspose(2, 3, strides=2, padding="same", use_bias=False)(x)
    x = conv(2, 3)(keras.layers.Concatenate()([x, middle]))
    x = keras.layers.Conv2DTranspose(2, 2, strides=2, use_bias=False)(x)
    return conv(1, 2)(keras.layers.Concatenate()([x, fine]))


def enlarged(keras, image, conv):
    x = keras.layers.UpSampling2D(3, interpolation="bilinear")(conv(1, 3, strides=2)(image))
    x = keras.layers.Conv2DTranspose(1, 5, strides=2, padding="same", use_bias=False)(x)
    return keras.layers.AveragePooling2D(2)(keras.layers.UpSampling2D(2)(x))


@pytest.mark.parametrize("build", [plain, padded, aspp, small_unet, enlarged], ids=lambda build: build.__name__)
def test_fields_equal_what_changes_the_output(keras, build):
    def conv(filters, kernel, padding="same", **options):
        return keras.layers.Conv2D(filters, kernel, padding=padding, use_bias=False, **options)

    image = keras.Input((96, 96, 1))
    model = keras.Model(image, build(keras, image, conv))
    size, stride, start = receptive_field(model)
    spans = measured_spans(model, 96)
    assert max(last - first + 1 for _, first, last in spans) == size
    starts = {first - row * stride for row, first, _ in spans if row % 12 == 0}  # as output row 0, but inside
    assert starts == {start}
