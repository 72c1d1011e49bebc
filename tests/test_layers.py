import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.layers import (
    AdaptiveAveragePooling,
    Bilinear,
    ResizeLike,
    check_choice,
    check_shape,
    conv_bn_relu,
    upsample,
)


def upsampled(values, factor, **options):
    """Run `upsample` on an array (H, W) or (H, W, K)."""
    values = np.asarray(values, "float32")
    values = values[..., None] if values.ndim == 2 else values
    x = keras.Input(values.shape)
    model = keras.Model(x, upsample(x, factor, name="up", **options))
    return model(values[None]).numpy()[0]


def interpolated(values, factor):
    """Slow reference: bilinear interpolation at the centers of the small pixels."""
    height, width = np.shape(values)
    result = np.zeros((height * factor, width * factor))
    for row in range(height * factor):
        for col in range(width * factor):
            y, x = (row + 0.5) / factor - 0.5, (col + 0.5) / factor - 0.5
            for i in range(height):
                for j in range(width):
                    result[row, col] += max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j)) * values[i][j]
    return result


def test_bilinear_kernels_by_hand():
    even = Bilinear()((4, 4, 1, 1))[:, :, 0, 0]
    np.testing.assert_allclose(even, np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25]))
    odd = Bilinear()((5, 3, 1, 1))[:, :, 0, 0]
    np.testing.assert_allclose(odd, np.outer([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], [0.5, 1, 0.5]), rtol=1e-6)


def test_bilinear_does_not_mix_channels():
    kernel = Bilinear()((4, 4, 3, 3)).numpy()
    assert all(kernel[:, :, i, j].any() == (i == j) for i in range(3) for j in range(3))


def test_bilinear_dtype():
    assert Bilinear()((2, 2, 1, 1), dtype="float16").dtype == "float16"
    assert Bilinear()((2, 2, 1, 1)).dtype == "float32"


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_upsample_equals_interpolation_with_zeros_around(factor):
    values = np.random.default_rng(0).normal(size=(3, 5))
    np.testing.assert_allclose(upsampled(values, factor)[..., 0], interpolated(values, factor), atol=1e-5)


@pytest.mark.parametrize("factor", [2, 3, 16, 32])
def test_upsample_keeps_ramps_and_constants_in_the_interior(factor):
    rows, cols = np.mgrid[0:4, 0:6]
    inside = slice(factor // 2, -(factor // 2))
    constant = upsampled(np.full((4, 6), 7.0), factor)[inside, inside, 0]
    np.testing.assert_allclose(constant, 7, rtol=1e-6)
    ramp = upsampled(2 * rows - 3 * cols, factor)[inside, inside, 0]
    row, col = (np.mgrid[0 : 4 * factor, 0 : 6 * factor] + 0.5) / factor - 0.5
    np.testing.assert_allclose(ramp, (2 * row - 3 * col)[inside, inside], atol=1e-4)


def test_upsample_keeps_channels_apart_and_their_order_at_the_border():
    values = np.stack([np.full((2, 3), 1.0), np.full((2, 3), -2.0), np.full((2, 3), 5.0)], axis=-1)
    result = upsampled(values, 4)
    assert result.shape == (8, 12, 3)
    np.testing.assert_allclose(result, result[..., :1] * [1, -2, 5], rtol=1e-6)
    assert 0 < result[0, 0, 0] < 1
    assert (result.argmax(-1) == 2).all()


@pytest.mark.parametrize("learned", [False, True])
def test_upsample_is_trainable_only_if_learned(learned):
    x = keras.Input((2, 2, 4))
    model = keras.Model(x, upsample(x, 2, name="up", learned=learned))
    assert model.count_params() == 4 * 4 * 4 * 4
    assert len(model.trainable_weights) == int(learned)


def test_conv_bn_relu_counts_and_sign():
    x = keras.Input((6, 8, 3))
    model = keras.Model(x, conv_bn_relu(x, 5, name="block"))
    assert model.count_params() == 9 * 3 * 5 + 4 * 5
    assert [layer.name for layer in model.layers[1:]] == ["block", "block_bn", "block_relu"]
    assert model.get_layer("block_bn").momentum == 0.9
    result = model(np.random.default_rng(0).normal(size=(1, 6, 8, 3))).numpy()
    assert result.min() == 0 < result.max()


@pytest.mark.parametrize(
    ("shape", "num_classes", "multiple", "message"),
    [
        ((60, 64, 3), 4, 8, r"divisible by 8, got 60 x 64. Nearest sizes: 56 or 64 for 60$"),
        ((64, 70, 3), 4, 32, r"got 64 x 70. Nearest sizes: 64 or 96 for 70$"),
        ((100, 20, 3), 4, 32, r"Nearest sizes: 32 for 20, 96 or 128 for 100$"),
        ((None, 20, 3), 4, 8, r"Nearest sizes: 16 or 24 for 20$"),
        ((0, 64, 3), 4, 8, "positive or None height and width"),
        ((64.0, 64, 3), 4, 8, "positive or None height and width"),
        ((64, 64), 4, 8, r"must be \(height, width, channels\) without the batch, got \(64, 64\)"),
        ((None, 64, 64, 3), 4, 8, "without the batch"),
        (64, 4, 8, "without the batch, got 64"),
        ((64, 64, 0), 4, 8, "number of channels"),
        ((64, 64, None), 4, 8, "number of channels"),
        ((64, 64, 3), 0, 8, "num_classes must be an integer of at least 1"),
        ((64, 64, 3), 2.5, 8, "got 2.5"),
    ],
)
def test_check_shape_names_the_fault(shape, num_classes, multiple, message):
    with pytest.raises(InputError, match=message) as caught:
        check_shape(shape, num_classes, multiple=multiple)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [(64, 96, 3), [32, 32, 1], (None, None, 3), (np.int64(64), None, 4)])
def test_check_shape_accepts(shape):
    check_shape(shape, 1, multiple=32)


def test_check_choice():
    check_choice("skips", "add", ("concat", "add"))
    with pytest.raises(InputError, match=r"skips must be one of 'concat', 'add', got 'sum'"):
        check_choice("skips", "sum", ("concat", "add"))


def test_pooling_regions_by_hand():
    # Values of the pyramid pooling of 0 ... 35.
    values = np.arange(36.0).reshape(1, 6, 6, 1)
    expected = {
        1: [[17.5]],
        2: [[7, 10], [25, 28]],
        3: [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5], [27.5, 29.5, 31.5]],
        6: values[0, :, :, 0],
    }
    for bins, means in expected.items():
        np.testing.assert_allclose(AdaptiveAveragePooling(bins)(values)[0, :, :, 0], means, rtol=1e-6)


@pytest.mark.parametrize("size", [(7, 5), (3, 11), (1, 2), (13, 6)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_pooling_regions_where_bins_do_not_divide(size, bins):
    height, width = size
    values = np.random.default_rng(0).random((2, height, width, 3), "float32")
    result = AdaptiveAveragePooling(bins)(values).numpy()
    assert result.shape == (2, bins, bins, 3)
    for i in range(bins):
        for j in range(bins):
            top, bottom = int(np.floor(i * height / bins)), int(np.ceil((i + 1) * height / bins))
            left, right = int(np.floor(j * width / bins)), int(np.ceil((j + 1) * width / bins))
            mean = values[:, top:bottom, left:right].mean((1, 2))
            np.testing.assert_allclose(result[:, i, j], mean, rtol=1e-5)


def test_resize_like_takes_squares_for_pixels():
    values = np.random.default_rng(0).normal(size=(1, 3, 5, 2)).astype("float32")
    result = ResizeLike()([values, np.zeros((1, 12, 10, 7))]).numpy()
    assert result.shape == (1, 12, 10, 2)
    rows = np.clip((np.arange(12) + 0.5) / 4 - 0.5, 0, 2)
    cols = np.clip((np.arange(10) + 0.5) / 2 - 0.5, 0, 4)
    for row, y in enumerate(rows):
        for col, x in enumerate(cols):
            weights = np.outer(np.maximum(0, 1 - abs(y - np.arange(3))), np.maximum(0, 1 - abs(x - np.arange(5))))
            mean = np.einsum("ij,ijk->k", weights, values[0])
            np.testing.assert_allclose(result[0, row, col], mean, atol=1e-5)


def test_pooling_and_resizing_of_any_size_and_after_saving(tmp_path):
    x = keras.Input((None, None, 2))
    model = keras.Model(x, ResizeLike()([AdaptiveAveragePooling(3)(x), x]))
    assert model.output_shape == (None, None, None, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for size in ((6, 9), (7, 5)):
        values = np.random.default_rng(0).random((1, *size, 2), "float32")
        assert model(values).shape == (1, *size, 2)
        np.testing.assert_array_equal(model(values), loaded(values))


def test_pooling_refuses_bins():
    for bins in (0, 1.5):
        with pytest.raises(InputError, match="bins must be an integer of at least 1"):
            AdaptiveAveragePooling(bins)


def test_dilated_block_sees_pixels_apart():
    x = keras.Input((9, 9, 1))
    model = keras.Model(x, conv_bn_relu(x, 1, name="block", dilation_rate=3))
    model.get_layer("block").set_weights([np.ones((3, 3, 1, 1))])
    values = np.zeros((1, 9, 9, 1), "float32")
    values[0, 4, 4] = 1
    rows, cols = np.nonzero(model(values).numpy()[0, :, :, 0])
    assert sorted({*rows, *cols}) == [1, 4, 7]
    assert len(rows) == 9
