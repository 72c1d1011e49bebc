import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seglab.convolution import (
    conv2d,
    conv_matrix,
    conv_output_size,
    effective_kernel_size,
    mean_valid_taps,
    transposed_conv2d,
    transposed_conv_output_size,
    transposed_conv_parts,
    zero_interleave,
)
from seglab.errors import InputError

SMALL = np.array([[0, 1], [2, 3]])
NINE = np.arange(9).reshape(3, 3)
KERNEL = np.array([[1, 2], [3, 4]])


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def slow_conv2d(x, kernel, strides, padding, dilation_rate):
    """Gather pixel by pixel; options are pairs, `x` is (H, W, C_in)."""
    (h, w, _), (kh, kw, _, filters) = x.shape, kernel.shape
    (sr, sc), (pr, pc), (dr, dc) = strides, padding, dilation_rate
    out_h = (h + 2 * pr - (kh - 1) * dr - 1) // sr + 1
    out_w = (w + 2 * pc - (kw - 1) * dc - 1) // sc + 1
    result = np.zeros((out_h, out_w, filters))
    for row, col, f in np.ndindex(result.shape):
        for i, j, c in np.ndindex(kernel.shape[:3]):
            r, q = row * sr - pr + i * dr, col * sc - pc + j * dc
            if 0 <= r < h and 0 <= q < w:
                result[row, col, f] += x[r, q, c] * kernel[i, j, c, f]
    return result


def slow_transposed(x, kernel, strides, padding, output_padding, dilation_rate):
    """Scatter pixel by pixel; options are pairs, `x` is (H, W, C_in)."""
    (h, w, _), (kh, kw, filters, _) = x.shape, kernel.shape
    (sr, sc), (pr, pc), (dr, dc) = strides, padding, dilation_rate
    out_h = (h - 1) * sr - 2 * pr + (kh - 1) * dr + 1 + output_padding[0]
    out_w = (w - 1) * sc - 2 * pc + (kw - 1) * dc + 1 + output_padding[1]
    result = np.zeros((out_h, out_w, filters))
    for row, col, c in np.ndindex(x.shape):
        for i, j, f in np.ndindex(kernel.shape[:3]):
            r, q = row * sr - pr + i * dr, col * sc - pc + j * dc
            if 0 <= r < out_h and 0 <= q < out_w:
                result[r, q, f] += x[row, col, c] * kernel[i, j, f, c]
    return result


def numbers(seed, *shape):
    """Whole numbers in float64: sums of products of them are exact in any order."""
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(float)


def floats(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


# Worked by hand


@pytest.mark.parametrize(
    ("strides", "padding", "expected"),
    [
        (1, 0, [[0, 0, 1], [0, 4, 6], [4, 12, 9]]),
        (1, 1, [[4]]),
        (2, 0, [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]),
        (2, 1, [[0, 2], [2, 0]]),
        (1, "same", [[0, 0], [0, 4]]),
        (1, "valid", [[0, 0, 1], [0, 4, 6], [4, 12, 9]]),
        (2, "same", [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]),
    ],
)
def test_two_by_two_scattered_by_itself(strides, padding, expected):
    result = transposed_conv2d(SMALL, SMALL, strides=strides, padding=padding)
    assert result.dtype == np.int64
    assert result.tolist() == expected


@pytest.mark.parametrize(
    ("kernel", "padding", "expected"),
    [
        ([1, 2, 3], 0, [1, 2, 13, 20, 130, 200, 300]),
        ([1, 2, 3], "same", [1, 2, 13, 20, 130, 200]),  # one too many: dropped at the end
        ([1, 2, 3, 4], 0, [1, 2, 13, 24, 130, 240, 300, 400]),
        ([1, 2, 3, 4], "same", [2, 13, 24, 130, 240, 300]),  # two too many: one on each side
        ([1], "valid", [1, 0, 10, 0, 100, 0]),  # kernel smaller than the strides: zeros at the end
        ([1], "same", [1, 0, 10, 0, 100, 0]),
        ([1], 0, [1, 0, 10, 0, 100]),
    ],
)
def test_which_side_same_crops(kernel, padding, expected):
    x, kernel = np.array([[1, 10, 100]]), np.array([kernel])
    rows = padding if isinstance(padding, str) else (padding, padding)
    assert transposed_conv2d(x, kernel, strides=(1, 2), padding=rows).tolist() == [expected]
    assert transposed_conv2d(x.T, kernel.T, strides=(2, 1), padding=rows).T.tolist() == [expected]


def test_convolution_its_matrix_and_the_way_back():
    y = conv2d(NINE, KERNEL)
    assert y.tolist() == [[27, 37], [57, 67]]
    matrix = conv_matrix((3, 3), KERNEL)
    assert matrix.tolist() == [
        [1, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]
    assert matrix.dtype == np.int64
    assert (matrix @ NINE.ravel()).tolist() == [27, 37, 57, 67]
    # The shape comes back, the values do not.
    back = [[27, 91, 74], [138, 400, 282], [171, 429, 268]]
    assert (matrix.T @ y.ravel()).reshape(3, 3).tolist() == back
    assert transposed_conv2d(y, KERNEL).tolist() == back


def test_atrous_by_hand():
    ramp = np.arange(1, 8)[None]
    assert conv2d(ramp, np.array([[1, 0, -1]]), dilation_rate=2).tolist() == [[-4, -4, -4]]
    assert conv2d(ramp.T, np.array([[1], [0], [-1]]), dilation_rate=(2, 1)).T.tolist() == [[-4, -4, -4]]
    # Scattered with gaps: 1 * (1, _, 2) + 10 one place on.
    assert transposed_conv2d(np.array([[1, 10]]), np.array([[1, 2]]), dilation_rate=2).tolist() == [[1, 10, 2, 20]]


def test_same_convolution_pads_more_at_the_end():
    # Two rows of a kernel of ones over 1, 10, 100: the one row of padding is below.
    x = np.array([[1], [10], [100]])
    assert conv2d(x, np.ones((2, 1), int), padding="same").ravel().tolist() == [11, 110, 100]
    assert conv2d(x, np.ones((3, 1), int), padding="same").ravel().tolist() == [11, 111, 110]
    assert conv2d(np.vstack([x, [[1000]]]), np.ones((3, 1), int), strides=2, padding="same").ravel().tolist() == [
        111,
        1100,
    ]


def test_output_padding_brings_rows_back_that_padding_removed():
    x, kernel = np.array([[1, 10]]), np.array([[1, 2, 3]])
    full = [1, 2, 13, 20, 30]
    options = {"strides": (1, 2), "output_padding": (0, 1)}
    assert transposed_conv2d(x, kernel, padding=(0, 1), **options).tolist() == [full[1:5]]
    assert transposed_conv2d(x, kernel, padding=(0, 0), **options).tolist() == [[*full, 0]]


def test_parts_add_up_to_the_whole():
    x, kernel = np.array([[0, 1, 2], [3, 4, 5]]), np.array([[1, 2], [3, 4], [5, 6]])
    parts = list(transposed_conv_parts(x, kernel, strides=(2, 3)))
    assert [part[:2] for part in parts] == [(0, 0), (0, 3), (0, 6), (2, 0), (2, 3), (2, 6)]
    assert parts[1][2].tolist() == kernel.tolist() and parts[5][2].tolist() == (5 * kernel).tolist()
    total = np.zeros((5, 8), int)
    for row, col, patch in parts:
        total[row : row + 3, col : col + 2] += patch
    assert (total == transposed_conv2d(x, kernel, strides=(2, 3))).all()


def test_zeros_between_the_pixels():
    x = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    apart = zero_interleave(x, (2, 3))
    assert apart.tolist() == [[1, 0, 0, 2, 0, 0, 3], [0] * 7, [4, 0, 0, 5, 0, 0, 6]]
    assert apart.dtype == np.uint8
    assert (zero_interleave(x, 1) == x).all()
    assert zero_interleave(np.ones((2, 2, 3)), 4).shape == (5, 5, 3)


@pytest.mark.parametrize(
    ("rate", "span", "size_65", "size_8"),
    [(1, 3, None, None), (2, 5, None, None), (6, 13, 7.93, 2.25), (12, 25, 6.92, 1.0), (18, 37, 5.98, 1.0),
     (24, 49, None, 1.0), (65, 131, 1.0, 1.0)],
)  # fmt: skip
def test_dilated_kernels_on_small_maps(rate, span, size_65, size_8):
    assert effective_kernel_size(3, rate) == span
    for size, expected in ((65, size_65), (8, size_8)):
        if expected is not None:
            assert mean_valid_taps(size, 3, rate) == pytest.approx(expected, abs=0.005)


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.integers(1, 9)] * 2), st.tuples(*[st.integers(1, 5)] * 2), st.tuples(*[st.integers(1, 4)] * 2))
def test_valid_taps_counted_by_a_convolution_of_ones(size, taps, rate):
    counts = conv2d(np.ones(size), np.ones(taps), dilation_rate=rate, padding="same")
    assert mean_valid_taps(size, taps, rate) == pytest.approx(counts.mean())


@pytest.mark.parametrize(
    ("n", "k", "options", "expected"),
    [
        (4, 2, {"strides": 3, "padding": "valid"}, 12),  # max(k, s), not k
        (4, 2, {"strides": 3}, 11),
        (4, 3, {"strides": 2, "padding": "valid"}, 9),
        (4, 3, {"strides": 2, "padding": "same"}, 8),
        (4, 7, {"strides": 2, "padding": "same"}, 8),
        (2, 2, {"padding": 1}, 1),  # smaller than its input
        (16, 4, {"strides": 2, "padding": 1}, 32),
        (16, 3, {"strides": 2, "padding": 1, "output_padding": 1}, 32),
        (5, 3, {"strides": 2, "dilation_rate": 2}, 13),
    ],
)
def test_transposed_sizes(n, k, options, expected):
    assert transposed_conv_output_size(n, k, **options) == expected


@pytest.mark.parametrize(
    ("n", "k", "options", "expected"),
    [
        (572, 3, {}, 570),
        (572, 3, {"padding": "valid"}, 570),
        (7, 3, {"strides": 2}, 3),
        (8, 3, {"strides": 2}, 3),
        (7, 3, {"strides": 2, "padding": "same"}, 4),
        (224, 7, {"strides": 2, "padding": 3}, 112),
        (7, 3, {"dilation_rate": 3}, 1),
        (1, 2, {"padding": "same"}, 1),
    ],
)
def test_convolution_sizes(n, k, options, expected):
    assert conv_output_size(n, k, **options) == expected


# Types and inputs


def test_integers_cannot_overflow_and_floats_keep_their_type():
    bright = np.full((3, 3), 255, np.uint8)
    assert conv2d(bright, np.full((3, 3), 255, np.uint8)).item() == 9 * 255 * 255
    assert transposed_conv2d(bright, np.full((3, 3), 127, np.int8))[2, 2] == 9 * 255 * 127
    assert conv2d(bright > 0, np.ones((2, 2), bool)).tolist() == [[4, 4], [4, 4]]
    assert conv2d(bright, np.ones((2, 2), np.float32)).dtype == np.float32
    assert transposed_conv2d(bright.astype(np.float32), np.ones((2, 2))).dtype == np.float64
    assert conv_matrix((3, 3), np.ones((2, 2), np.float32)).dtype == np.float32
    assert conv2d([[1, 2]], [[3]]).tolist() == [[3, 6]]


def test_inputs_stay_as_they_are():
    x, kernel = numbers(0, 4, 5, 2), numbers(1, 3, 2, 2, 2)
    x.flags.writeable = kernel.flags.writeable = False
    conv2d(x, kernel, padding=1)
    transposed_conv2d(x, kernel, strides=2)
    result = zero_interleave(x, 1)
    result += 1


@pytest.mark.parametrize("function", [conv2d, transposed_conv2d])
@pytest.mark.parametrize(
    ("x", "kernel", "options", "says"),
    [
        (np.ones(4), np.ones((2, 2)), {}, r"x and kernel .* got \(4,\) and \(2, 2\)"),
        (np.ones((4, 4, 3)), np.ones((2, 2)), {}, "np.newaxis"),
        (np.ones((4, 4)), np.ones((2, 2, 1, 1)), {}, "np.newaxis"),
        (np.ones((1, 4, 4, 3)), np.ones((2, 2, 3, 3)), {}, "np.newaxis"),
        (np.ones((0, 4)), np.ones((2, 2)), {}, "empty"),
        (np.ones((4, 4)), np.ones((2, 0)), {}, "empty"),
        (np.full((4, 4), "a"), np.ones((2, 2)), {}, "x must be an array of numbers, got dtype <U1"),
        (np.ones((4, 4)), np.ones((2, 2), complex), {}, "kernel must be an array of numbers"),
        (np.ones((4, 4)), np.ones((2, 2)), {"strides": 0}, "strides .* at least 1, got 0"),
        (np.ones((4, 4)), np.ones((2, 2)), {"strides": 1.5}, "strides .* got 1.5"),
        (np.ones((4, 4)), np.ones((2, 2)), {"strides": True}, "strides .* got True"),
        (np.ones((4, 4)), np.ones((2, 2)), {"strides": (1, 2, 3)}, "strides must be a number or a pair"),
        (np.ones((4, 4)), np.ones((2, 2)), {"dilation_rate": (1, 0)}, "dilation_rate .* got 0"),
        (np.ones((4, 4)), np.ones((2, 2)), {"padding": -1}, "padding .* at least 0, got -1"),
        (np.ones((4, 4)), np.ones((2, 2)), {"padding": "full"}, 'padding .* "valid" or "same", got \'full\''),
        (np.ones((4, 4)), np.ones((2, 2)), {"padding": ("same", 1)}, "padding .* got 'same'"),
    ],
)
def test_errors_of_both_directions(function, x, kernel, options, says):
    with pytest.raises(InputError, match=says):
        function(x, kernel, **options)


def test_errors_of_one_direction():
    x = np.ones((4, 4, 3))
    with pytest.raises(InputError, match=r"\(kh, kw, C_in, C_out\) with C_in = 3 .* \(2, 2, 5, 3\)"):
        conv2d(x, np.ones((2, 2, 5, 3)))
    with pytest.raises(InputError, match=r"\(kh, kw, C_out, C_in\) with C_in = 3 .* \(2, 2, 3, 5\). Swap"):
        transposed_conv2d(x, np.ones((2, 2, 3, 5)))
    with pytest.raises(InputError, match=r"span 5 pixels, got 2 \+ 2 \* 1"):
        conv2d(np.ones((9, 2)), np.ones((3, 3)), dilation_rate=2, padding=1)
    with pytest.raises(InputError, match=r"padding must leave .* got 2, which leaves -1"):
        transposed_conv2d(np.ones((2, 2)), np.ones((2, 2)), padding=2)
    with pytest.raises(InputError, match="leaves 0"):
        transposed_conv2d(np.ones((1, 4)), np.ones((2, 2)), padding=(1, 0))
    with pytest.raises(InputError, match="output_padding must be less than strides, got 2 and 2"):
        transposed_conv2d(np.ones((2, 2)), np.ones((2, 2)), strides=2, output_padding=2)
    with pytest.raises(InputError, match="output_padding must be 0 with padding 'same'"):
        transposed_conv2d(np.ones((2, 2)), np.ones((2, 2)), strides=2, output_padding=1, padding="same")
    with pytest.raises(InputError, match=r"x must have two axes, .* got shape \(4, 4, 3\)"):
        transposed_conv_parts(x, np.ones((2, 2)))
    with pytest.raises(InputError, match="kernel must have two axes"):
        conv_matrix((4, 4), np.ones((2, 2, 1, 1)))
    with pytest.raises(InputError, match="size"):
        conv_matrix((4, 4, 3), np.ones((2, 2)))
    with pytest.raises(InputError, match="x must have shape"):
        zero_interleave(np.ones(3), 2)


@pytest.mark.parametrize(
    ("function", "arguments", "options", "name"),
    [
        (conv_output_size, (0, 3), {}, "n"),
        (conv_output_size, (5, 0), {}, "k"),
        (conv_output_size, (5, 3), {"strides": (1, 1)}, "strides"),
        (conv_output_size, (5, 3), {"padding": "Same"}, "padding"),
        (transposed_conv_output_size, (5.0, 3), {}, "n"),
        (transposed_conv_output_size, (5, 3), {"output_padding": -1}, "output_padding"),
        (transposed_conv_output_size, (5, 3), {"dilation_rate": 0}, "dilation_rate"),
        (effective_kernel_size, (0,), {}, "k"),
        (mean_valid_taps, (5, 3, 0), {}, "dilation_rate"),
    ],
)
def test_errors_of_sizes(function, arguments, options, name):
    with pytest.raises(InputError, match=f"^{name} must"):
        function(*arguments, **options)


# Loops, matrices and transposes

SIZE = st.tuples(st.integers(1, 7), st.integers(1, 7))
TAPS = st.tuples(st.integers(1, 4), st.integers(1, 4))
STEPS = st.tuples(st.integers(1, 4), st.integers(1, 4))
RATES = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADDING = st.tuples(st.integers(0, 3), st.integers(0, 3))
CHANNELS = st.integers(1, 3)
SEED = st.integers(0, 2**32 - 1)


def fits(size, taps, rates, padding):
    return all(n + 2 * p >= effective_kernel_size(k, d) for n, k, d, p in zip(size, taps, rates, padding, strict=True))


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, PADDING, CHANNELS, CHANNELS)
def test_convolution_equals_the_slow_loop(seed, size, taps, steps, rates, padding, channels, filters):
    x, kernel = numbers(seed, *size, channels), numbers(seed + 1, *taps, channels, filters)
    options = {"strides": steps, "padding": padding, "dilation_rate": rates}
    if not fits(size, taps, rates, padding):
        with pytest.raises(InputError, match="fit"):
            conv2d(x, kernel, **options)
        return
    expected = slow_conv2d(x, kernel, **options)
    np.testing.assert_array_equal(conv2d(x, kernel, **options), expected)
    assert expected.shape[:2] == tuple(
        conv_output_size(n, k, strides=s, padding=p, dilation_rate=d)
        for n, k, s, p, d in zip(size, taps, steps, padding, rates, strict=True)
    )


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, PADDING, st.data(), CHANNELS, CHANNELS)
def test_transposed_equals_the_slow_loop(seed, size, taps, steps, rates, padding, data, channels, filters):
    extra = tuple(data.draw(st.integers(0, step - 1)) for step in steps)
    x, kernel = numbers(seed, *size, channels), numbers(seed + 1, *taps, filters, channels)
    options = {"strides": steps, "padding": padding, "output_padding": extra, "dilation_rate": rates}
    left = [
        (n - 1) * s - 2 * p + effective_kernel_size(k, d) + e
        for n, k, s, p, e, d in zip(size, taps, steps, padding, extra, rates, strict=True)
    ]
    if min(left) < 1:
        with pytest.raises(InputError, match="leave"):
            transposed_conv2d(x, kernel, **options)
        return
    result = transposed_conv2d(x, kernel, **options)
    np.testing.assert_array_equal(result, slow_transposed(x, kernel, **options))
    assert result.shape == (*left, filters)


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, PADDING, CHANNELS, CHANNELS)
def test_transposed_is_the_adjoint(seed, size, taps, steps, rates, padding, channels, filters):
    """<W x, y> = <x, W' y>, with the same kernel and the same options."""
    if not fits(size, taps, rates, padding):
        return
    x, kernel = numbers(seed, *size, channels), numbers(seed + 1, *taps, channels, filters)
    options = {"strides": steps, "padding": padding, "dilation_rate": rates}
    there = conv2d(x, kernel, **options)
    y = numbers(seed + 2, *there.shape)
    # The rows that the last step of the convolution did not reach.
    extra = tuple(
        (n + 2 * p - effective_kernel_size(k, d)) % s
        for n, k, s, p, d in zip(size, taps, steps, padding, rates, strict=True)
    )
    back = transposed_conv2d(y, kernel, output_padding=extra, **options)
    assert back.shape == x.shape
    assert (there * y).sum() == (x * back).sum()


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, st.sampled_from(["same", "valid"]), CHANNELS, CHANNELS)
def test_keras_paddings_are_adjoint_too(seed, size, taps, steps, rates, padding, channels, filters):
    """A map that is scattered and gathered again by the same words comes back in its size."""
    kernel, y = numbers(seed, *taps, channels, filters), numbers(seed + 1, *size, filters)
    options = {"strides": steps, "padding": padding, "dilation_rate": rates}
    back = transposed_conv2d(y, kernel, **options)
    x = numbers(seed + 2, *back.shape)
    there = conv2d(x, kernel, **options)
    assert there.shape == y.shape
    assert (there * y).sum() == (x * back).sum()
    assert back.shape[:2] == tuple(
        transposed_conv_output_size(n, k, strides=s, padding=padding, dilation_rate=d)
        for n, k, s, d in zip(size, taps, steps, rates, strict=True)
    )


@settings(deadline=None, max_examples=40)
@given(SEED, SIZE, TAPS, STEPS, RATES, st.one_of(PADDING, st.just("same")))
def test_matrix_and_its_transpose(seed, size, taps, steps, rates, padding):
    if padding != "same" and not fits(size, taps, rates, padding):
        return
    x, kernel = numbers(seed, *size), numbers(seed + 1, *taps)
    options = {"strides": steps, "padding": padding, "dilation_rate": rates}
    matrix = conv_matrix(size, kernel, **options)
    there = conv2d(x, kernel, **options)
    np.testing.assert_array_equal(matrix @ x.ravel(), there.ravel())
    if padding != "same":
        extra = tuple(
            (n + 2 * p - effective_kernel_size(k, d)) % s
            for n, k, s, p, d in zip(size, taps, steps, padding, rates, strict=True)
        )
        back = transposed_conv2d(there, kernel, output_padding=extra, **options)
        np.testing.assert_array_equal(matrix.T @ there.ravel(), back.ravel())


@settings(deadline=None, max_examples=40)
@given(SEED, SIZE, TAPS, STEPS)
def test_three_ways_to_one_result(seed, size, taps, steps):
    x, kernel = numbers(seed, *size), numbers(seed + 1, *taps)
    whole = transposed_conv2d(x, kernel, strides=steps)
    total = np.zeros(whole.shape)
    for row, col, patch in transposed_conv_parts(x, kernel, strides=steps):
        total[row : row + taps[0], col : col + taps[1]] += patch
    np.testing.assert_array_equal(total, whole)
    turned = kernel[::-1, ::-1]
    around = (taps[0] - 1, taps[1] - 1)
    np.testing.assert_array_equal(conv2d(zero_interleave(x, steps), turned, padding=around), whole)


# Other libraries


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, st.integers(1, 4), RATES, st.one_of(PADDING, st.sampled_from(["same", "valid"])),
       CHANNELS, CHANNELS)  # fmt: skip
def test_convolution_equals_tensorflow(tf, seed, size, taps, step, rates, padding, channels, filters):
    if padding == "valid" and not fits(size, taps, rates, (0, 0)):
        return
    if not isinstance(padding, str) and not fits(size, taps, rates, padding):
        return
    x, kernel = floats(seed, *size, channels), floats(seed + 1, *taps, channels, filters)
    words = padding.upper() if isinstance(padding, str) else [(0, 0), *((p, p) for p in padding), (0, 0)]
    expected = tf.nn.conv2d(x[None], kernel, step, words, dilations=rates)[0].numpy()
    result = conv2d(x, kernel, strides=step, padding=padding, dilation_rate=rates)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, PADDING, st.data(), CHANNELS, CHANNELS)
def test_transposed_equals_tensorflow(tf, seed, size, taps, steps, padding, data, channels, filters):
    extra = tuple(data.draw(st.integers(0, step - 1)) for step in steps)
    x, kernel = floats(seed, *size, channels), floats(seed + 1, *taps, filters, channels)
    try:
        result = transposed_conv2d(x, kernel, strides=steps, padding=padding, output_padding=extra)
    except InputError:  # nothing left
        return
    words = [(0, 0), *((p, p) for p in padding), (0, 0)]
    expected = tf.nn.conv2d_transpose(x[None], kernel, (1, *result.shape), steps, words)[0].numpy()
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, 3, 4])
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5])
def test_layers_of_keras(tf, taps, strides, padding):
    x, kernel = floats(taps, 6, 7, 2), floats(strides, taps, taps, 2, 3)
    layer = tf.keras.layers.Conv2D(3, taps, strides=strides, padding=padding, use_bias=False)
    layer.build((None, 6, 7, 2))
    layer.set_weights([kernel])
    np.testing.assert_allclose(
        conv2d(x, kernel, strides=strides, padding=padding), layer(x[None]).numpy()[0], atol=1e-5
    )
    kernel = kernel.swapaxes(2, 3)
    layer = tf.keras.layers.Conv2DTranspose(3, taps, strides=strides, padding=padding, use_bias=False)
    layer.build((None, 6, 7, 2))
    layer.set_weights([kernel])
    expected = layer(x[None]).numpy()[0]
    np.testing.assert_allclose(transposed_conv2d(x, kernel, strides=strides, padding=padding), expected, atol=1e-5)
    assert expected.shape[0] == transposed_conv_output_size(6, taps, strides=strides, padding=padding)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("rate", [2, 3])
def test_atrous_layers_of_keras(tf, rate, padding):
    x, kernel = floats(rate, 9, 8, 2), floats(7, 3, 2, 2, 3)
    layer = tf.keras.layers.Conv2D(3, (3, 2), dilation_rate=rate, padding=padding, use_bias=False)
    layer.build((None, 9, 8, 2))
    layer.set_weights([kernel])
    result = conv2d(x, kernel, dilation_rate=rate, padding=padding)
    np.testing.assert_allclose(result, layer(x[None]).numpy()[0], atol=1e-5)
    with pytest.raises(ValueError, match="strides"):  # what Keras leaves out
        tf.keras.layers.Conv2D(3, 3, strides=2, dilation_rate=rate)
    kernel = kernel.swapaxes(2, 3)
    for strides in (1, 2, 3):
        options = {"strides": strides, "dilation_rate": rate, "padding": padding}
        expected = tf.keras.ops.conv_transpose(x[None], kernel, **options).numpy()[0]
        np.testing.assert_allclose(transposed_conv2d(x, kernel, **options), expected, atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, PADDING, CHANNELS, CHANNELS)
def test_convolution_equals_torch(torch, seed, size, taps, steps, rates, padding, channels, filters):
    if not fits(size, taps, rates, padding):
        return
    x, kernel = floats(seed, *size, channels), floats(seed + 1, *taps, channels, filters)
    expected = torch.nn.functional.conv2d(
        torch.from_numpy(x).permute(2, 0, 1)[None],
        torch.from_numpy(kernel).permute(3, 2, 0, 1),
        stride=steps,
        padding=padding,
        dilation=rates,
    )[0].permute(1, 2, 0)
    result = conv2d(x, kernel, strides=steps, padding=padding, dilation_rate=rates)
    np.testing.assert_allclose(result, expected.numpy(), atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(SEED, SIZE, TAPS, STEPS, RATES, PADDING, st.data(), CHANNELS, CHANNELS)
def test_transposed_equals_torch(torch, seed, size, taps, steps, rates, padding, data, channels, filters):
    extra = tuple(data.draw(st.integers(0, step - 1)) for step in steps)
    x, kernel = floats(seed, *size, channels), floats(seed + 1, *taps, filters, channels)
    options = {"padding": padding, "output_padding": extra}
    try:
        result = transposed_conv2d(x, kernel, strides=steps, dilation_rate=rates, **options)
    except InputError:  # nothing left
        return
    expected = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(x).permute(2, 0, 1)[None],
        torch.from_numpy(kernel).permute(3, 2, 0, 1),
        stride=steps,
        dilation=rates,
        **options,
    )[0].permute(1, 2, 0)
    np.testing.assert_allclose(result, expected.numpy(), atol=1e-5)
