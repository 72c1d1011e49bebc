"""Making maps larger and smaller without weights to learn: nearest, bilinear, and pooling that remembers where.

A picture is `(H, W)` or `(H, W, C)`; channels never mix. Pixels are little squares: pixel `i` of a small map covers the
pixels `factor * i ... factor * i + factor - 1` of the large one, which is how `tf.image.resize` and PyTorch without
`align_corners` see them too.
"""

from numbers import Integral

import numpy as np

from seglab.errors import InputError


def linear_kernel(kernel_size):
    """Triangle of weights with which a transposed convolution interpolates linearly along one axis.

    Its half width is the factor `(kernel_size + 1) // 2`, so where the kernels of neighboring pixels overlap, their
    weights add up to 1. Source: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation"
    (2015), section 3.3.

    Args:
        kernel_size: Number of weights, at least 1.

    Returns:
        float64 array `(kernel_size,)`, values in (0, 1], highest in the middle.

    Raises:
        InputError: If `kernel_size` is less than 1.

    Example:
        >>> linear_kernel(3), linear_kernel(4)
        (array([0.5, 1. , 0.5]), array([0.25, 0.75, 0.75, 0.25]))
    """
    _check_whole("kernel_size", kernel_size)
    factor = (kernel_size + 1) // 2
    return 1 - np.abs(np.arange(kernel_size) - (kernel_size - 1) / 2) / factor


def bilinear_kernel(strides):
    """Kernel with which a transposed convolution interpolates bilinearly: `linear_kernel` down times across.

    With the size `2 * strides - strides % 2`, padding "same" crops equally on both sides and pixel centers stay
    aligned.

    Args:
        strides: Factor of the enlargement, at least 1.

    Returns:
        float64 array `(k, k)` with `k = 2 * strides - strides % 2`, values in (0, 1].

    Raises:
        InputError: If `strides` is less than 1.

    Example:
        >>> bilinear_kernel(2)
        array([[0.0625, 0.1875, 0.1875, 0.0625],
               [0.1875, 0.5625, 0.5625, 0.1875],
               [0.1875, 0.5625, 0.5625, 0.1875],
               [0.0625, 0.1875, 0.1875, 0.0625]])
    """
    _check_whole("strides", strides)
    weights = linear_kernel(2 * strides - strides % 2)
    return np.outer(weights, weights)


def bilinear_weights(strides, channels):
    """Weights of a `Conv2DTranspose` that enlarges each channel bilinearly.

    Beyond the border a transposed convolution finds zeros where an interpolation repeats the border, so the outermost
    pixels of the result are too dark; inside the two agree.

    Args:
        strides: Factor of the enlargement, at least 1; the layer's `strides`, with `padding="same"` and no bias.
        channels: Number of channels `C`, at least 1.

    Returns:
        float32 array `(k, k, C, C)` with `k = 2 * strides - strides % 2`: the kernel from each channel to itself.

    Raises:
        InputError: If an argument is less than 1.

    Example:
        >>> bilinear_weights(2, 3).shape
        (4, 4, 3, 3)
    """
    _check_whole("channels", channels)
    same_channel = np.eye(channels)
    return (bilinear_kernel(strides)[:, :, None, None] * same_channel).astype(np.float32)


def upsample_nearest(x, factor):
    """Enlarge by repeating every pixel: the only one of the two that is right for labels.

    Args:
        x: Array `(H, W)` or `(H, W, C)`.
        factor: How many times larger, at least 1.

    Returns:
        Array `(factor * H, factor * W)`, with the channels and the type of `x`.

    Raises:
        InputError: If `x` does not have two or three axes or `factor` is less than 1.

    Example:
        >>> upsample_nearest(np.array([[0, 2]]), 2)
        array([[0, 0, 2, 2],
               [0, 0, 2, 2]])
    """
    x = _picture("x", x)
    _check_whole("factor", factor)
    return x.repeat(factor, axis=0).repeat(factor, axis=1)


def upsample_bilinear(x, factor):
    """Enlarge by weighing the four nearest pixels; beyond the border the outermost pixel is repeated.

    Args:
        x: Numeric array `(H, W)` or `(H, W, C)`.
        factor: How many times larger, at least 1.

    Returns:
        Array `(factor * H, factor * W)` with the channels of `x`; float64, or the type of `x` if that is a float.

    Raises:
        InputError: If `x` does not have two or three axes or `factor` is less than 1.

    Example:
        >>> upsample_bilinear(np.array([[0, 2]]), 2)[0]
        array([0. , 0.5, 1.5, 2. ])
    """
    x = _picture("x", x)
    _check_whole("factor", factor)
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    return _interpolate_axis(_interpolate_axis(x, factor, 0), factor, 1)


def max_pool_with_indices(x, size=2):
    """Keep the largest pixel of every block, and remember where it stood.

    Rows and columns that do not fill a block are dropped, as Keras does by default. Of equal pixels the first in
    reading order counts.

    Args:
        x: Numeric array `(H, W)` or `(H, W, C)`.
        size: Height and width of a block, and the step between blocks; at least 1.

    Returns:
        `(pooled, indices)`, both `(H // size, W // size)` with the channels of `x`: the largest values, and their
        positions in `x.ravel()` as int64, like `tf.nn.max_pool_with_argmax`.

    Raises:
        InputError: If `x` does not have two or three axes, or `size` is less than 1 or larger than `x`.

    Example:
        >>> pooled, indices = max_pool_with_indices(np.array([[1, 3, 2, 1], [4, 2, 0, 5]]))
        >>> pooled, indices
        (array([[4, 5]]), array([[4, 7]]))
    """
    x = _picture("x", x)
    _check_whole("size", size)
    rows, cols = x.shape[0] // size, x.shape[1] // size
    if not (rows and cols):
        raise InputError(
            f"size must not be larger than the picture, got {size} for {x.shape[0]} x {x.shape[1]} pixels. "
            "Take smaller blocks."
        )
    positions = np.arange(x.size).reshape(x.shape)
    values, positions = (
        array[: rows * size, : cols * size]
        .reshape(rows, size, cols, size, -1)
        .transpose(0, 2, 4, 1, 3)
        .reshape(rows, cols, -1, size * size)  # (rows, cols, C, pixels of the block)
        for array in (x, positions)
    )
    largest = values.argmax(axis=-1)[..., None]
    shape = (rows, cols, *x.shape[2:])
    pooled, indices = (np.take_along_axis(array, largest, axis=-1).reshape(shape) for array in (values, positions))
    return pooled, indices


def max_unpool(pooled, indices, shape):
    """Put every pooled value back where it stood, and zeros elsewhere.

    Source: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image
    Segmentation" (2017), figure 3.

    Args:
        pooled: Numeric array of any shape, the values.
        indices: Integer array of the same shape, their positions in the flattened result, in [0, H * W * C).
        shape: Shape of the result: that of the picture before pooling.

    Returns:
        Array of the given shape and the type of `pooled`.

    Raises:
        InputError: If the shapes differ or an index is outside the result.

    Example:
        >>> max_unpool(np.array([[4, 5]]), np.array([[4, 7]]), (2, 4))
        array([[0, 0, 0, 0],
               [4, 0, 0, 5]])
    """
    pooled, indices = np.asarray(pooled), np.asarray(indices)
    if pooled.shape != indices.shape:
        raise InputError(f"pooled and indices must have one shape, got {pooled.shape} and {indices.shape}.")
    if indices.dtype.kind not in "iu":
        raise InputError(f"indices must be integers, got dtype {indices.dtype}.")
    result = np.zeros(shape, pooled.dtype)
    outside = (indices < 0) | (indices >= result.size)
    if outside.any():
        raise InputError(
            f"indices must lie in [0, {result.size}) for shape {result.shape}, got {indices[outside][0]}. "
            "Is shape that of the picture before pooling?"
        )
    result.flat[indices.ravel()] = pooled.ravel()
    return result


def _interpolate_axis(x, factor, axis):
    """Enlarge one axis linearly."""
    size = x.shape[axis]
    # Where the centers of the small pixels lie among those of the large ones.
    position = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, size - 1)
    weight = (position - before).astype(x.dtype).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    return x.take(before, axis) * (1 - weight) + x.take(after, axis) * weight


def _picture(name, x):
    x = np.asarray(x)
    if x.ndim not in (2, 3) or 0 in x.shape:
        raise InputError(f"{name} must have shape (H, W) or (H, W, C) and be not empty, got {x.shape}.")
    return x


def _check_whole(name, value):
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise InputError(f"{name} must be a whole number of at least 1, got {value!r}.")
