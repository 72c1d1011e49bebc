"""Sizes in the U-Net of the paper, whose convolutions lose their borders: which inputs fit, and what comes out.

Every 3x3 convolution without padding takes one pixel off each side, a pooling halves what must be even, and an
up-convolution doubles it. All functions speak of one axis; height and width each follow them alone. `depth` is the
number of poolings, 4 in the paper.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), figure 1.
"""

from numbers import Integral

from seglab.errors import InputError


def is_legal(size, depth=4):
    """Tell whether an input of this size has an even map before every pooling and pixels left at the end.

    That is so for `size + 4` divisible by `2**depth`, from the smallest with an output on.

    Args:
        size: Height or width of the input in pixels.
        depth: Number of poolings, at least 1.

    Returns:
        Whether the size fits.

    Raises:
        InputError: If an argument is no positive integer.

    Example:
        >>> [size for size in range(160, 230) if is_legal(size)]
        [188, 204, 220]
    """
    _check_integer("size", size)
    _check_integer("depth", depth)
    return (size + 4) % 2**depth == 0 and size > 2 * margin(depth)


def margin(depth=4):
    """Count the pixels that the network takes off each side of its input.

    Args:
        depth: Number of poolings, at least 1.

    Returns:
        Pixels per side; the output has `size - 2 * margin(depth)`.

    Raises:
        InputError: If `depth` is no positive integer.

    Example:
        >>> margin(4)
        92
    """
    _check_integer("depth", depth)
    return 6 * 2**depth - 4


def crops(depth=4):
    """Count the pixels that each skip loses per side to fit the map that it is appended to.

    Args:
        depth: Number of poolings, at least 1.

    Returns:
        Tuple of `depth` integers, the finest level first.

    Raises:
        InputError: If `depth` is no positive integer.

    Example:
        >>> crops(4)
        (88, 40, 16, 4)
    """
    _check_integer("depth", depth)
    return tuple(12 * 2**below - 8 for below in reversed(range(depth)))


def output_size(size, depth=4):
    """Find the size of the output.

    Args:
        size: Height or width of the input in pixels.
        depth: Number of poolings, at least 1.

    Returns:
        Height or width of the output.

    Raises:
        InputError: If the size is not legal; the message names the nearest sizes that are.

    Example:
        >>> output_size(572)
        388
    """
    if not is_legal(size, depth):
        step, smallest = 2**depth, input_size(1, depth)
        below = (size + 4) // step * step - 4
        nearest = f"{below} or {below + step}" if below >= smallest else f"{smallest}"
        raise InputError(
            f"size must be at least {smallest} and 4 less than a multiple of {step} (depth {depth}), got {size}. "
            f"Nearest sizes: {nearest}"
        )
    return size - 2 * margin(depth)


def input_size(size, depth=4):
    """Find the smallest input whose output has at least the given size.

    Args:
        size: Height or width in pixels that the output must cover.
        depth: Number of poolings, at least 1.

    Returns:
        A legal height or width of the input.

    Raises:
        InputError: If an argument is no positive integer.

    Example:
        >>> input_size(388), input_size(389), input_size(1)
        (572, 588, 188)
    """
    _check_integer("size", size)
    _check_integer("depth", depth)
    step = 2**depth
    return -(-(size + 2 * margin(depth) + 4) // step) * step - 4


def size_trace(size, depth=4):
    """Follow the size through the network: of every block its input and what its two convolutions leave.

    Args:
        size: Height or width of the input in pixels.
        depth: Number of poolings, at least 1.

    Returns:
        Dict from block ("encoder1", ..., "bottleneck", ..., "decoder1") to (size in, after the first convolution,
        after the second), in the order of the network.

    Raises:
        InputError: If the size is not legal.

    Example:
        >>> list(size_trace(572).values())[:2]
        [(572, 570, 568), (284, 282, 280)]
        >>> size_trace(572)["decoder1"]
        (392, 390, 388)
    """
    output_size(size, depth)
    trace = {}
    for level in range(1, depth + 1):
        trace[f"encoder{level}"] = (size, size - 2, size - 4)
        size = (size - 4) // 2
    trace["bottleneck"] = (size, size - 2, size - 4)
    for level in range(depth, 0, -1):
        size = 2 * (size - 4)
        trace[f"decoder{level}"] = (size, size - 2, size - 4)
    return trace


def _check_integer(name, value):
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} must be an integer of at least 1, got {value!r}")
