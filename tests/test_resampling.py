import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seglab.convolution import transposed_conv2d
from seglab.errors import InputError
from seglab.resampling import (
    bilinear_kernel,
    bilinear_weights,
    linear_kernel,
    max_pool_with_indices,
    max_unpool,
    upsample_bilinear,
    upsample_nearest,
)

SEGNET = np.array([[1, 3, 2, 1], [4, 2, 0, 5], [1, 1, 7, 8], [2, 0, 3, 6]])


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def slow_bilinear(x, factor):
    """One output pixel at a time, from the four pixels around its center."""
    height, width = x.shape[:2]
    result = np.zeros((height * factor, width * factor, *x.shape[2:]))
    for row, col in np.ndindex(result.shape[:2]):
        y = min(max((row + 0.5) / factor - 0.5, 0), height - 1)
        z = min(max((col + 0.5) / factor - 0.5, 0), width - 1)
        for r in (int(y), int(y) + 1):
            for c in (int(z), int(z) + 1):
                weight = max(1 - abs(y - r), 0) * max(1 - abs(z - c), 0)
                if weight:
                    result[row, col] += weight * x[r, c]
    return result


def slow_max_pool(x, size):
    """One block at a time, the first of equal pixels."""
    shape = (x.shape[0] // size, x.shape[1] // size, *x.shape[2:])
    pooled, indices = np.zeros(shape, x.dtype), np.zeros(shape, int)
    for place in np.ndindex(shape):
        row, col, *channel = place
        best = None
        for i, j in np.ndindex(size, size):
            source = (row * size + i, col * size + j, *channel)
            if best is None or x[source] > x[best]:
                best = source
        pooled[place], indices[place] = x[best], np.ravel_multi_index(best, x.shape)
    return pooled, indices


# Worked by hand


def test_kernels_by_hand():
    assert linear_kernel(4).tolist() == [0.25, 0.75, 0.75, 0.25]
    assert linear_kernel(3).tolist() == [0.5, 1, 0.5]
    assert linear_kernel(1).tolist() == [1]
    np.testing.assert_allclose(linear_kernel(5), np.array([1, 2, 3, 2, 1]) / 3)
    assert bilinear_kernel(2).tolist() == np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25]).tolist()
    assert bilinear_kernel(1).tolist() == [[1]]


@pytest.mark.parametrize("strides", range(1, 9))
def test_weights_of_neighbors_add_up_to_one(strides):
    kernel = bilinear_kernel(strides)
    assert kernel.shape == (2 * strides - strides % 2,) * 2
    assert kernel.sum() == pytest.approx(strides**2)
    inside = transposed_conv2d(np.ones((5, 4)), kernel, strides=strides, padding="same")[
        strides:-strides, strides:-strides
    ]
    np.testing.assert_allclose(inside, 1)


def test_weights_keep_channels_apart():
    weights = bilinear_weights(3, 2)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights[:, :, 1, 1], bilinear_kernel(3).astype(np.float32))
    assert not weights[:, :, 0, 1].any() and not weights[:, :, 1, 0].any()


def test_enlarging_by_hand():
    x = np.array([[0, 2], [4, 8]], np.uint8)
    nearest = upsample_nearest(x, 2)
    assert nearest.tolist() == [[0, 0, 2, 2]] * 2 + [[4, 4, 8, 8]] * 2
    assert nearest.dtype == np.uint8
    # Across, the rows become (0, .5, 1.5, 2) and (4, 5, 7, 8); the two between lie a quarter of the way from each.
    assert upsample_bilinear(x, 2).tolist() == [
        [0, 0.5, 1.5, 2],
        [1, 1.625, 2.875, 3.5],
        [3, 3.875, 5.625, 6.5],
        [4, 5, 7, 8],
    ]
    np.testing.assert_allclose(upsample_bilinear(np.array([[0.0, 3.0]]), 3)[0], [0, 0, 1, 2, 3, 3])


def test_labels_survive_only_the_nearest():
    labels = np.array([[0, 2, 0], [2, 2, 0]])
    assert set(upsample_nearest(labels, 3).ravel()) == {0, 2}
    assert not set(upsample_bilinear(labels, 3).ravel()) <= {0, 2}


def test_pooling_remembers_where():
    pooled, indices = max_pool_with_indices(SEGNET)
    assert pooled.tolist() == [[4, 5], [2, 8]]
    assert indices.tolist() == [[4, 7], [12, 11]]
    assert max_unpool(pooled, indices, (4, 4)).tolist() == [[0, 0, 0, 0], [4, 0, 0, 5], [0, 0, 0, 8], [2, 0, 0, 0]]
    # Other values may go to the same places.
    assert max_unpool(-pooled, indices, (4, 4)).tolist()[1] == [-4, 0, 0, -5]


def test_pooling_drops_what_fills_no_block():
    x = np.arange(5 * 7).reshape(5, 7)
    pooled, indices = max_pool_with_indices(x, 3)
    assert pooled.tolist() == indices.tolist() == [[16, 19]]
    assert max_unpool(pooled, indices, x.shape).sum() == 35


def test_the_first_of_equal_pixels_counts():
    assert max_pool_with_indices(np.zeros((4, 4)))[1].tolist() == [[0, 2], [8, 10]]


def test_types_and_inputs():
    x = np.array([[1, 2], [3, 4]], np.float32)
    x.flags.writeable = False
    assert upsample_bilinear(x, 2).dtype == np.float32
    assert upsample_bilinear(x > 1, 2).dtype == np.float64
    pooled, indices = max_pool_with_indices(x)
    assert pooled.dtype == np.float32 and indices.dtype == np.int64
    assert max_unpool(pooled, indices, (2, 2)).dtype == np.float32
    assert upsample_nearest([["a", "b"]], 2).tolist() == [["a", "a", "b", "b"]] * 2
    assert upsample_bilinear([[1, 2]], 1).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (linear_kernel, (0,), "kernel_size must be a whole number of at least 1, got 0"),
        (bilinear_kernel, (1.5,), "strides must .* got 1.5"),
        (bilinear_weights, (2, 0), "channels must"),
        (upsample_nearest, (np.ones((2, 2)), 0), "factor must"),
        (upsample_nearest, (np.ones(4), 2), r"x must have shape .* got \(4,\)"),
        (upsample_bilinear, (np.ones((0, 2)), 2), "empty"),
        (upsample_bilinear, (np.ones((2, 2)), True), "factor must"),
        (max_pool_with_indices, (np.ones((4, 4)), 0), "size must"),
        (max_pool_with_indices, (np.ones((4, 2)), 3), r"size must not be larger .* got 3 for 4 x 2 pixels"),
        (max_pool_with_indices, (np.ones((1, 4, 4, 2)),), "x must have shape"),
        (max_unpool, (np.ones((2, 2)), np.ones((2, 1), int), (4, 4)), r"one shape, got \(2, 2\) and \(2, 1\)"),
        (max_unpool, (np.ones((1, 1)), np.ones((1, 1)), (4, 4)), "indices must be integers, got dtype float64"),
        (max_unpool, (np.ones((1, 1)), np.array([[16]]), (4, 4)), r"\[0, 16\) for shape \(4, 4\), got 16"),
        (max_unpool, (np.ones((1, 1)), np.array([[-1]]), (4, 4)), r"\[0, 16\) .* got -1"),
    ],
)
def test_errors(function, arguments, says):
    with pytest.raises(InputError, match=says):
        function(*arguments)


# Loops and other libraries

SHAPE = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3))
FACTOR = st.integers(1, 5)
SEED = st.integers(0, 2**32 - 1)
PIXELS = SHAPE.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(-3, 3)))  # with many equal pixels


def floats(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(SEED, SHAPE, FACTOR)
def test_enlarging_equals_the_slow_loop(seed, shape, factor):
    x = floats(seed, *shape).astype(float)
    np.testing.assert_allclose(upsample_bilinear(x, factor), slow_bilinear(x, factor), atol=1e-12)
    np.testing.assert_array_equal(upsample_bilinear(x[..., 0], factor), upsample_bilinear(x, factor)[..., 0])
    for row, col in np.ndindex(x.shape[0] * factor, x.shape[1] * factor):
        assert (upsample_nearest(x, factor)[row, col] == x[row // factor, col // factor]).all()


@settings(deadline=None, max_examples=40)
@given(PIXELS, st.integers(1, 4))
def test_pooling_equals_the_slow_loop(x, size):
    if min(x.shape[:2]) < size:
        return
    pooled, indices = max_pool_with_indices(x, size)
    expected = slow_max_pool(x, size)
    np.testing.assert_array_equal(pooled, expected[0])
    np.testing.assert_array_equal(indices, expected[1])
    back = max_unpool(pooled, indices, x.shape)
    np.testing.assert_array_equal(back.ravel()[indices], pooled)
    assert np.count_nonzero(back) == np.count_nonzero(pooled)
    flat_pooled, flat_indices = max_pool_with_indices(x[..., 0], size)
    np.testing.assert_array_equal(flat_pooled, pooled[..., 0])
    np.testing.assert_array_equal(flat_indices, indices[..., 0] // x.shape[2])


@settings(deadline=None, max_examples=40)
@given(SEED, SHAPE, FACTOR)
def test_enlarging_equals_tensorflow(tf, seed, shape, factor):
    x = floats(seed, *shape)
    size = (shape[0] * factor, shape[1] * factor)
    np.testing.assert_allclose(upsample_bilinear(x, factor), tf.image.resize(x, size, "bilinear").numpy(), atol=1e-5)
    np.testing.assert_array_equal(upsample_nearest(x, factor), tf.image.resize(x, size, "nearest").numpy())


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_bilinear_layer_equals_resizing_inside_but_not_at_the_border(tf, factor):
    x = np.random.default_rng(0).uniform(0, 1, (6, 7, 3)).astype(np.float32)
    weights = bilinear_weights(factor, 3)
    layer = tf.keras.layers.Conv2DTranspose(3, weights.shape[0], strides=factor, padding="same", use_bias=False)
    layer.build((None, 6, 7, 3))
    layer.set_weights([weights])
    result = layer(x[None]).numpy()[0]
    np.testing.assert_allclose(transposed_conv2d(x, weights, strides=factor, padding="same"), result, atol=1e-6)
    difference = np.abs(result - upsample_bilinear(x, factor))
    border = factor // 2
    assert difference[border:-border, border:-border].max() < 1e-6
    assert difference.max() > 0.3


@settings(deadline=None, max_examples=40)
@given(SEED, SHAPE, st.integers(1, 4))
def test_pooling_equals_tensorflow(tf, seed, shape, size):
    if min(shape[:2]) < size:
        return
    x = floats(seed, *shape)
    expected = tf.nn.max_pool_with_argmax(x[None], size, size, "VALID")
    pooled, indices = max_pool_with_indices(x, size)
    np.testing.assert_array_equal(pooled, expected.output[0].numpy())
    np.testing.assert_array_equal(indices, expected.argmax[0].numpy())
    scattered = tf.scatter_nd(indices.ravel()[:, None], pooled.ravel(), [x.size])
    np.testing.assert_array_equal(max_unpool(pooled, indices, x.shape).ravel(), scattered.numpy())


@settings(deadline=None, max_examples=40)
@given(SEED, SHAPE, FACTOR)
def test_enlarging_equals_torch(torch, seed, shape, factor):
    x = floats(seed, *shape)
    channels_first = torch.from_numpy(x).permute(2, 0, 1)[None]
    for mode, function in (("bilinear", upsample_bilinear), ("nearest", upsample_nearest)):
        expected = torch.nn.functional.interpolate(channels_first, scale_factor=factor, mode=mode)
        np.testing.assert_allclose(function(x, factor), expected[0].permute(1, 2, 0).numpy(), atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(SEED, SHAPE, st.integers(1, 4))
def test_unpooling_equals_torch(torch, seed, shape, size):
    if min(shape[:2]) < size:
        return
    x = floats(seed, *shape)
    channels_first = torch.from_numpy(x).permute(2, 0, 1)[None]
    expected, places = torch.nn.functional.max_pool2d(channels_first, size, return_indices=True)
    pooled, indices = max_pool_with_indices(x, size)
    np.testing.assert_array_equal(pooled, expected[0].permute(1, 2, 0).numpy())
    # torch counts the pixels of one channel, here the numbers of all channels count.
    np.testing.assert_array_equal(indices // shape[2], places[0].permute(1, 2, 0).numpy())
    back = torch.nn.functional.max_unpool2d(expected, places, size, output_size=shape[:2])
    np.testing.assert_array_equal(max_unpool(pooled, indices, shape), back[0].permute(1, 2, 0).numpy())
