"""How large the result is, and what that says about padding and dilation."""

from numbers import Integral

import numpy as np

from seglab.errors import InputError


def effective_kernel_size(k, dilation_rate=1):
    """Number of pixels from the first to the last tap of a dilated kernel: `k + (k - 1) * (dilation_rate - 1)`.

    Args:
        k: Number of taps, at least 1.
        dilation_rate: Distance between neighboring taps, at least 1.

    Returns:
        int.

    Raises:
        InputError: If an argument is less than 1.

    Example:
        >>> [effective_kernel_size(3, rate) for rate in (1, 2, 6)]
        [3, 5, 13]
    """
    check_whole("k", k, 1)
    check_whole("dilation_rate", dilation_rate, 1)
    return (k - 1) * dilation_rate + 1


def conv_output_size(n, k, *, strides=1, padding=0, dilation_rate=1):
    """Number of rows (or columns) that a convolution returns.

    Args:
        n: Rows of the input, at least 1.
        k: Rows of the kernel, at least 1.
        strides: Step between output pixels, at least 1.
        padding: Zeros at both ends, or "valid", or "same".
        dilation_rate: Distance between neighboring taps, at least 1.

    Returns:
        int: `(n + 2 * padding - k_eff) // strides + 1`, or `ceil(n / strides)` for "same".

    Raises:
        InputError: If the kernel does not fit or an option is out of range.

    Example:
        >>> conv_output_size(572, 3), conv_output_size(7, 3, strides=2, padding="same")
        (570, 4)
    """
    check_whole("n", n, 1)
    check_whole("strides", strides, 1)
    return conv_axis(n, k, strides, check_padding(padding), dilation_rate)[0]


def transposed_conv_output_size(n, k, *, strides=1, padding=0, output_padding=0, dilation_rate=1):
    """Number of rows (or columns) that a transposed convolution returns.

    Args:
        n: Rows of the input, at least 1.
        k: Rows of the kernel, at least 1.
        strides: Step in the output, at least 1.
        padding: Rows removed at both ends, or "valid", or "same".
        output_padding: Rows left at the end in spite of `padding`, less than `strides`.
        dilation_rate: Distance between neighboring taps, at least 1.

    Returns:
        int: `(n - 1) * strides - 2 * padding + k_eff + output_padding` for a number;
        `(n - 1) * strides + max(k_eff, strides)` for "valid"; `n * strides` for "same".

    Raises:
        InputError: If nothing is left or an option is out of range.

    Example:
        >>> [transposed_conv_output_size(4, 2, strides=3, padding=padding) for padding in (0, "valid", "same")]
        [11, 12, 12]
    """
    check_whole("n", n, 1)
    check_whole("strides", strides, 1)
    check_whole("output_padding", output_padding, 0)
    return transposed_axis(n, k, strides, check_padding(padding), output_padding, dilation_rate)[0]


def mean_valid_taps(n, k, dilation_rate=1):
    """Average number of the kernel's taps that lie inside the map, when padding keeps its size.

    With a rate near the size of the map, all taps but the center read zeros nearly everywhere, and an atrous 3x3
    convolution is a 1x1 convolution with extra weights. Source: Chen, Papandreou, Schroff, Adam, "Rethinking Atrous
    Convolution for Semantic Image Segmentation" (2017), section 3.3.

    Args:
        n: Height and width of the map, or a pair; at least 1.
        k: Height and width of the kernel, or a pair; at least 1.
        dilation_rate: Distance between neighboring taps, or a pair; at least 1.

    Returns:
        float in [0, k * k]; at least 1 where `k` is odd, since the center is always inside.

    Raises:
        InputError: If an argument is less than 1.

    Example:
        >>> [round(mean_valid_taps(65, 3, rate), 2) for rate in (6, 12, 18)]
        [7.93, 6.92, 5.98]
    """
    mean = 1.0
    for size, taps, rate in zip(pair("n", n, 1), pair("k", k, 1), pair("dilation_rate", dilation_rate, 1), strict=True):
        offsets = np.arange(taps) * rate - (effective_kernel_size(taps, rate) - 1) // 2
        mean *= np.maximum(size - np.abs(offsets), 0).sum() / size
    return float(mean)


def conv_axis(n, k, strides, padding, dilation_rate):
    """One axis of a convolution: the output size, and the zeros before and after the input."""
    span = effective_kernel_size(k, dilation_rate)
    if padding == "same":
        size = -(-n // strides)
        zeros = max((size - 1) * strides + span - n, 0)
        return size, zeros // 2, zeros - zeros // 2
    padding = 0 if padding == "valid" else padding
    if n + 2 * padding < span:
        raise InputError(
            f"the kernel must fit into the padded input: {k} taps at dilation_rate {dilation_rate} span {span} pixels, "
            f"got {n} + 2 * {padding}. Raise padding or take a smaller kernel."
        )
    return (n + 2 * padding - span) // strides + 1, padding, padding


def transposed_axis(n, k, strides, padding, output_padding, dilation_rate):
    """One axis of a transposed convolution: the output size, and the position in the full result where it begins."""
    span = effective_kernel_size(k, dilation_rate)
    if isinstance(padding, str):
        if output_padding:
            raise InputError(
                f"output_padding must be 0 with padding {padding!r}, which says the size already, "
                f"got {output_padding}. Give padding as a number."
            )
        if padding == "same":
            return n * strides, max(span - strides, 0) // 2
        return (n - 1) * strides + max(span, strides), 0
    if output_padding >= strides:
        raise InputError(
            f"output_padding must be less than strides, got {output_padding} and {strides}: "
            "it chooses among the sizes that a convolution with these strides makes equal."
        )
    size = (n - 1) * strides - 2 * padding + span + output_padding
    if size < 1:
        raise InputError(f"padding must leave at least one pixel of the result, got {padding}, which leaves {size}.")
    return size, padding


def pair(name, value, minimum):
    """(rows, cols) of an option that may be given as one number."""
    values = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise InputError(f"{name} must be a number or a pair (rows, cols), got {value!r}.")
    for number in values:
        check_whole(name, number, minimum)
    return values


def paddings(padding):
    """(rows, cols) of a padding, each a number or the word."""
    if isinstance(padding, str):
        return (check_padding(padding),) * 2
    return pair("padding", padding, 0)


def check_padding(padding):
    """Return the padding of one axis if it is a number or one of Keras's two words."""
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise InputError(f'padding must be a number, "valid" or "same", got {padding!r}.')
        return padding
    check_whole("padding", padding, 0)
    return padding


def check_whole(name, value, minimum):
    """Refuse what is not a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise InputError(f"{name} must be a whole number of at least {minimum}, got {value!r}.")
