"""What the drawn data sets share: checks of arguments, one generator per sample, noise, rounding."""

import numpy as np
from scipy import ndimage

from seglab.errors import InputError

SPLITS = ("train", "val", "test")
_SMALLEST = 16


def draw_many(draw, count, size, seed, split, label_dtype):
    """Check the arguments that all drawn data sets share, and draw `count` samples.

    Args:
        draw: Function of `index`, `size`, `seed` and `split` that returns a uint8 image and its labels.
        count: Number of images `N`, at least 0.
        size: `(height, width)`, or one integer for both.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`.
        label_dtype: NumPy type of the labels.

    Returns:
        `(images, labels)`: float32 `(N, H, W, 3)` in [0, 1], and labels `(N, H, W)`.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> def draw(index, *, size, seed, split):
        ...     return np.full((*size, 3), 51, np.uint8), np.full(size, index)
        >>> images, labels = draw_many(draw, 2, 16, 0, "train", np.uint8)
        >>> round(float(images[0, 0, 0, 0]), 3), int(labels[1, 0, 0])
        (0.2, 1)
    """
    size = check_size(size)
    check_seed(seed)
    if split not in SPLITS:
        raise InputError(f"split must be one of {', '.join(SPLITS)}, got {split!r}. Pass split='train'.")
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 0:
        raise InputError(f"count must be an integer of at least 0, got {count!r}. Pass count=16, say.")
    images = np.empty((count, *size, 3), np.float32)
    labels = np.empty((count, *size), label_dtype)
    for index in range(count):
        image, labels[index] = draw(index, size=size, seed=seed, split=split)
        np.divide(image, np.float32(255), out=images[index])
    return images, labels


def check_size(size):
    """Return `size` as `(height, width)`, both at least 16.

    Args:
        size: `(height, width)`, or one integer for both.

    Returns:
        Tuple of two integers.

    Raises:
        InputError: If `size` is neither, or a side is shorter than 16 pixels.

    Example:
        >>> check_size(96), check_size((48, 64))
        ((96, 96), (48, 64))
    """
    sides = size if isinstance(size, (tuple, list)) else (size, size)
    whole = all(isinstance(side, (int, np.integer)) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole or min(sides) < _SMALLEST:
        raise InputError(f"size must be (height, width) with sides of at least {_SMALLEST}, got {size!r}.")
    return int(sides[0]), int(sides[1])


def check_seed(seed):
    """Return `seed` if it is a non-negative integer of any length.

    Args:
        seed: What the user gave.

    Returns:
        The seed as a Python integer.

    Raises:
        InputError: If it is negative or no integer.

    Example:
        >>> check_seed(2**80) == 2**80
        True
    """
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise InputError(f"seed must be an integer of at least 0, got {seed!r}. Pass seed=0.")
    return int(seed)


def generator(kind, index, seed, split):
    """Return the generator of one sample, so that sample `index` is the same however many are drawn.

    Args:
        kind: Number of the data set, its own for each.
        index: Position of the sample in its split, at least 0.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        A `numpy.random.Generator`.

    Example:
        >>> generator(0, 5, 7, "val").random() == generator(0, 5, 7, "val").random()
        True
    """
    # A spawn key keeps apart what a plain list of words would mix up: seed 2**32 and seed 0 with another index.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(kind, SPLITS.index(split), index)))


def smooth_noise(rng, height, width, sigma, strength):
    """Draw noise whose blotches are about `sigma` pixels wide and whose standard deviation is `strength`.

    Args:
        rng: A `numpy.random.Generator`.
        height: Rows.
        width: Columns.
        sigma: Standard deviation of the blur, in pixels.
        strength: Standard deviation of the result.

    Returns:
        Float array `(H, W)`, periodic in both directions.

    Example:
        >>> smooth_noise(np.random.default_rng(0), 32, 32, 2.0, 0.5).std().round(6)
        np.float64(0.5)
    """
    noise = ndimage.gaussian_filter(rng.standard_normal((height, width)), sigma, mode="wrap")
    return noise * (strength / noise.std())


def to_uint8(image):
    """Round an image to 8 bits.

    Args:
        image: Float array of any shape; clipped to [0, 1].

    Returns:
        uint8 array of the same shape.

    Example:
        >>> to_uint8(np.array([-0.1, 0.5, 1.2]))
        array([  0, 128, 255], dtype=uint8)
    """
    # Whole steps of 1/255: rounding hides the last bit, in which processors differ.
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
