"""The operators themselves: gather, scatter, and the matrix that does either."""

import numpy as np

from seglab.convolution.sizes import conv_axis, effective_kernel_size, paddings, pair, transposed_axis
from seglab.errors import InputError


def conv2d(x, kernel, *, strides=1, padding=0, dilation_rate=1):
    """Convolve an image: each output pixel gathers the input pixels under the kernel.

    With `dilation_rate` above 1 this is the atrous convolution: the taps of the kernel stand that many pixels apart.

    Args:
        x: Numeric array `(H, W)` or `(H, W, C_in)`.
        kernel: Numeric array `(kh, kw)` or `(kh, kw, C_in, C_out)`, as in Keras's `Conv2D`.
        strides: Step between output pixels, in input pixels, at least 1; a number or a pair.
        padding: Zeros on every side, a number or a pair; or "valid" (none); or "same" as in Keras: as many as give
            `ceil(H / strides)` rows, and if their number is odd the extra one goes to the end.
        dilation_rate: Distance between neighboring taps, at least 1; a number or a pair.

    Returns:
        Array `(H', W')` or `(H', W', C_out)`, sizes by `conv_output_size`; int64 if both inputs are integers, else
        their common float type.

    Raises:
        InputError: If the shapes do not fit together, the kernel does not fit into the padded image, or an option is
            out of range.

    Example:
        >>> conv2d(np.arange(9).reshape(3, 3), np.array([[1, 2], [3, 4]]))
        array([[27, 37],
               [57, 67]])
    """
    x, kernel, drop_channels = _checked(x, kernel, channels_in=2)
    (height, width), (kernel_height, kernel_width) = x.shape[:2], kernel.shape[:2]
    row_step, col_step = pair("strides", strides, 1)
    row_gap, col_gap = pair("dilation_rate", dilation_rate, 1)
    row_padding, col_padding = paddings(padding)
    out_height, top, bottom = conv_axis(height, kernel_height, row_step, row_padding, row_gap)
    out_width, left, right = conv_axis(width, kernel_width, col_step, col_padding, col_gap)

    padded = np.pad(x, ((top, bottom), (left, right), (0, 0)))
    result = np.zeros((out_height, out_width, kernel.shape[3]), x.dtype)
    for i in range(kernel_height):
        rows = _every(row_step, i * row_gap, out_height)
        for j in range(kernel_width):
            cols = _every(col_step, j * col_gap, out_width)
            result += padded[rows, cols] @ kernel[i, j]  # (H', W', C_in) @ (C_in, C_out)
    return result[..., 0] if drop_channels else result


def transposed_conv2d(x, kernel, *, strides=1, padding=0, output_padding=0, dilation_rate=1):
    """Scatter an image: each input pixel adds its multiple of the kernel to the output.

    The strides are steps in the *output*, and padding is *removed* from it: the same numbers describe the convolution
    whose transpose this is.

    Args:
        x: Numeric array `(H, W)` or `(H, W, C_in)`.
        kernel: Numeric array `(kh, kw)` or `(kh, kw, C_out, C_in)`, as in Keras's `Conv2DTranspose`.
        strides: Step between the places of two neighboring input pixels, in output pixels, at least 1; a number or a
            pair.
        padding: Rows and columns removed on every side of the result, a number or a pair, as in PyTorch; or "valid"
            or "same" as in Keras. "valid" removes nothing, and adds zeros at the end where the strides are larger
            than the kernel. "same" keeps `strides * H` rows: of the `kh - strides` too many it removes half at the
            start, and if their number is odd one more at the end.
        output_padding: Rows and columns that are left at the end in spite of `padding`, less than `strides`; a number
            or a pair. Several input sizes of a convolution give the same output size: this chooses among them.
        dilation_rate: Distance between neighboring taps, at least 1; a number or a pair.

    Returns:
        Array `(H', W')` or `(H', W', C_out)`, sizes by `transposed_conv_output_size`; int64 if both inputs are
        integers, else their common float type.

    Raises:
        InputError: If the shapes do not fit together, nothing is left of the result, or an option is out of range.

    Example:
        >>> x = np.array([[0, 1], [2, 3]])
        >>> transposed_conv2d(x, x, strides=2)
        array([[0, 0, 0, 1],
               [0, 0, 2, 3],
               [0, 2, 0, 3],
               [4, 6, 6, 9]])
    """
    x, kernel, drop_channels = _checked(x, kernel, channels_in=3)
    (height, width), (kernel_height, kernel_width) = x.shape[:2], kernel.shape[:2]
    row_step, col_step = pair("strides", strides, 1)
    row_gap, col_gap = pair("dilation_rate", dilation_rate, 1)
    row_padding, col_padding = paddings(padding)
    row_extra, col_extra = pair("output_padding", output_padding, 0)
    out_height, top = transposed_axis(height, kernel_height, row_step, row_padding, row_extra, row_gap)
    out_width, left = transposed_axis(width, kernel_width, col_step, col_padding, col_extra, col_gap)

    # The full result, with room for zeros at the end where more is asked for.
    full_height = (height - 1) * row_step + effective_kernel_size(kernel_height, row_gap)
    full_width = (width - 1) * col_step + effective_kernel_size(kernel_width, col_gap)
    shape = (max(full_height, top + out_height), max(full_width, left + out_width), kernel.shape[2])
    full = np.zeros(shape, x.dtype)
    for i in range(kernel_height):
        rows = _every(row_step, i * row_gap, height)
        for j in range(kernel_width):
            cols = _every(col_step, j * col_gap, width)
            full[rows, cols] += x @ kernel[i, j].T  # (H, W, C_in) @ (C_in, C_out)
    result = full[top : top + out_height, left : left + out_width]  # (H', W', C_out)
    return result[..., 0] if drop_channels else result


def transposed_conv_parts(x, kernel, *, strides=1):
    """Take a transposed convolution apart: one multiple of the kernel per input pixel, and where it is added.

    Args:
        x: Numeric array `(H, W)`.
        kernel: Numeric array `(kh, kw)`.
        strides: Step in the output per step in the input, at least 1; a number or a pair.

    Returns:
        Iterator of `(row, col, patch)` over the input pixels in reading order: the position of the patch's upper left
        corner in the output before padding is removed, and the patch `(kh, kw)`. The input pixel is
        `(row // strides, col // strides)`.

    Raises:
        InputError: If an array does not have two axes or an option is out of range.

    Example:
        >>> for row, col, patch in transposed_conv_parts(np.array([[1, 5]]), np.array([[1, 2, 3]]), strides=2):
        ...     print(row, col, patch)
        0 0 [[1 2 3]]
        0 2 [[ 5 10 15]]
    """
    _check_flat("x", x)
    _check_flat("kernel", kernel)
    x, kernel, _ = _checked(x, kernel, channels_in=3)
    row_step, col_step = pair("strides", strides, 1)
    x, kernel = x[..., 0], kernel[..., 0, 0]
    return ((row * row_step, col * col_step, x[row, col] * kernel) for row, col in np.ndindex(x.shape))


def zero_interleave(x, strides):
    """Put `strides - 1` zeros between neighboring pixels.

    A transposed convolution is a convolution of this picture with the kernel turned by 180 degrees. The zeros are in
    the picture: the kernel itself is as dense as ever.

    Args:
        x: Numeric array `(H, W)` or `(H, W, C)`.
        strides: Distance between two former neighbors in the result, at least 1; a number or a pair.

    Returns:
        Array `((H - 1) * strides + 1, (W - 1) * strides + 1)`, with the channels of `x`, of its type.

    Raises:
        InputError: If `x` does not have two or three axes or `strides` is out of range.

    Example:
        >>> zero_interleave(np.array([[1, 2], [3, 4]]), 2)
        array([[1, 0, 2],
               [0, 0, 0],
               [3, 0, 4]])
    """
    x = np.asarray(x)
    if x.ndim not in (2, 3) or 0 in x.shape:
        raise InputError(f"x must have shape (H, W) or (H, W, C) and be not empty, got {x.shape}.")
    row_step, col_step = pair("strides", strides, 1)
    height, width = x.shape[:2]
    result = np.zeros(((height - 1) * row_step + 1, (width - 1) * col_step + 1, *x.shape[2:]), x.dtype)
    result[::row_step, ::col_step] = x
    return result


def conv_matrix(size, kernel, *, strides=1, padding=0, dilation_rate=1):
    """Write the convolution of one channel as a matrix `W`: `conv2d(x, kernel)` is `W @ x.ravel()`, reshaped.

    Each row holds the kernel where one output pixel reads it, and zeros elsewhere. The transpose is the transposed
    convolution with the same options: `W.T @ y.ravel()` scatters what `W` gathers.

    Args:
        size: `(height, width)` of the input.
        kernel: Numeric array `(kh, kw)`.
        strides: As in `conv2d`.
        padding: As in `conv2d`.
        dilation_rate: As in `conv2d`.

    Returns:
        Array `(H' * W', H * W)` for an output `(H', W')`; int64 for an integer kernel, else its float type.

    Raises:
        InputError: If `size` or `kernel` does not have two axes, the kernel does not fit, or an option is out of range.

    Example:
        >>> conv_matrix((2, 3), np.array([[1, 2], [3, 4]]))
        array([[1, 2, 0, 3, 4, 0],
               [0, 1, 2, 0, 3, 4]])
    """
    _check_flat("kernel", kernel)
    height, width = pair("size", size, 1)
    # Column p of a linear map is its answer to the picture that is 1 at pixel p and 0 elsewhere.
    unit_pictures = np.eye(height * width, dtype=np.asarray(kernel).dtype).reshape(-1, height, width)
    columns = [
        conv2d(picture, kernel, strides=strides, padding=padding, dilation_rate=dilation_rate).ravel()
        for picture in unit_pictures
    ]
    return np.stack(columns, axis=1)  # (H' * W', H * W)


def _every(step, start, count):
    """Slice of `count` positions, `step` apart."""
    return slice(start, start + (count - 1) * step + 1, step)


def _checked(x, kernel, *, channels_in):
    """Both arrays with channel axes and of one type, and whether the channels were added here.

    `channels_in` is the axis of the kernel that must fit the channels of `x`.
    """
    x, kernel = np.asarray(x), np.asarray(kernel)
    if (x.ndim, kernel.ndim) not in ((2, 2), (3, 4)):
        raise InputError(
            "x and kernel must have shapes (H, W) and (kh, kw), or three and four axes with channels, "
            f"got {x.shape} and {kernel.shape}. Add axes of length 1 with np.newaxis?"
        )
    if 0 in x.shape or 0 in kernel.shape:
        raise InputError(f"x and kernel must not be empty, got shapes {x.shape} and {kernel.shape}.")
    for name, array in (("x", x), ("kernel", kernel)):
        if array.dtype.kind not in "biuf":
            raise InputError(f"{name} must be an array of numbers, got dtype {array.dtype}.")
    flat = x.ndim == 2
    if flat:
        x, kernel = x[..., None], kernel[..., None, None]
    if x.shape[2] != kernel.shape[channels_in]:
        order = "(kh, kw, C_in, C_out)" if channels_in == 2 else "(kh, kw, C_out, C_in)"
        raise InputError(
            f"kernel must have shape {order} with C_in = {x.shape[2]} as in x, got {kernel.shape}. "
            "Swap its last two axes?"
        )
    dtype = np.result_type(x, kernel)
    dtype = dtype if dtype.kind == "f" else np.int64
    return x.astype(dtype), kernel.astype(dtype), flat


def _check_flat(name, array):
    if np.ndim(array) != 2:
        raise InputError(f"{name} must have two axes, without channels, got shape {np.shape(array)}.")
