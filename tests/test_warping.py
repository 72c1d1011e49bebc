"""The warp: against whole-pixel moves, against a slow loop, and at the edges."""

import math

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.warping import warp


def pair(height, width, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((height, width, 3), np.float32), rng.integers(0, 4, (height, width), np.uint8)


def slow_warp(image, labels, *, flip_horizontal, scale, rotate, shift, ignore_class):
    """One output pixel at a time, in float64."""
    height, width = labels.shape
    center = (height - 1) / 2, (width - 1) / 2
    angle = math.radians(rotate)
    result, marks = np.zeros(image.shape), labels.copy()

    def inside(position, length):
        if position < -0.5:
            position = -1 - position
        if position > length - 0.5:
            position = 2 * length - 1 - position
        return min(max(position, 0), length - 1)

    for row in range(height):
        for col in range(width):
            down, right = row - center[0] - shift[0], col - center[1] - shift[1]
            y = (math.cos(angle) * down + math.sin(angle) * right) / scale + center[0]
            x = (math.cos(angle) * right - math.sin(angle) * down) / scale
            x = (-x if flip_horizontal else x) + center[1]
            out = not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5)
            y, x = inside(y, height), inside(x, width)
            marks[row, col] = labels[round(y), round(x)]
            if out and ignore_class is not None:
                marks[row, col] = ignore_class
            for i in (math.floor(y), math.floor(y) + 1):
                for j in (math.floor(x), math.floor(x) + 1):
                    weight = (1 - abs(y - i)) * (1 - abs(x - j))
                    if weight > 0:
                        result[row, col] += weight * image[i, j]
    return result, marks


@pytest.mark.parametrize("ignore_class", [None, 255])
@pytest.mark.parametrize("flip_horizontal", [False, True])
def test_equals_slow_loop(ignore_class, flip_horizontal):
    image, labels = pair(11, 17)
    options = {"scale": 0.8, "rotate": 27.0, "shift": (1.3, -2.6), "flip_horizontal": flip_horizontal}
    fast = warp(image, labels, **options, ignore_class=ignore_class)
    slow = slow_warp(image, labels, **options, ignore_class=ignore_class)
    np.testing.assert_allclose(fast[0], slow[0], atol=1e-5)
    np.testing.assert_array_equal(fast[1], slow[1])


def test_identity_is_exact():
    image, labels = pair(8, 13)
    warped = warp(image, labels)
    np.testing.assert_array_equal(warped[0], image)
    np.testing.assert_array_equal(warped[1], labels)
    assert warped[0] is not image


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
def test_quarter_turns_equal_rot90(turns):
    image, labels = pair(9, 9)
    warped = warp(image, labels, rotate=90 * turns, ignore_class=255)
    np.testing.assert_allclose(warped[0], np.rot90(image, turns), atol=1e-5)
    np.testing.assert_array_equal(warped[1], np.rot90(labels, turns))


def test_flips_equal_slices():
    image, labels = pair(6, 7)
    across = warp(image, labels, flip_horizontal=True)
    np.testing.assert_allclose(across[0], image[:, ::-1], atol=1e-6)
    np.testing.assert_array_equal(across[1], labels[:, ::-1])
    over = warp(image, labels, flip_vertical=True)
    np.testing.assert_array_equal(over[1], labels[::-1])


def test_shift_is_down_and_right():
    image, labels = pair(6, 7)
    warped, marks = warp(image, labels, shift=(2, 1), ignore_class=9)
    np.testing.assert_allclose(warped[2:, 1:], image[:-2, :-1], atol=1e-6)
    np.testing.assert_array_equal(marks[2:, 1:], labels[:-2, :-1])
    assert (marks[:2] == 9).all()
    assert (marks[:, 0] == 9).all()


def test_outside_is_mirrored_without_ignore_class():
    image, labels = pair(6, 7)
    _, marks = warp(image, labels, shift=(2, 0))
    np.testing.assert_array_equal(marks[:2], labels[1::-1])


def test_scale_two_doubles_the_area():
    labels = np.zeros((40, 40), np.uint8)
    labels[15:25, 15:25] = 1
    _, marks = warp(np.zeros((40, 40, 3)), labels, scale=2)
    assert marks.sum() == 400


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_keep_dtype_and_values(dtype):
    image, labels = pair(20, 30)
    labels = (labels * 7).astype(dtype)
    warped, marks = warp(image, labels, rotate=33, scale=0.4, ignore_class=255)
    assert marks.dtype == dtype
    assert warped.dtype == np.float32
    assert set(np.unique(marks)) <= {0, 7, 14, 21, 255}


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_tiny_images(shape):
    image, labels = pair(*shape)
    warped, marks = warp(image, labels, rotate=12, scale=3)
    assert warped.shape == (*shape, 3)
    assert marks.shape == shape


def test_inputs_unchanged():
    image, labels = pair(9, 9)
    before = image.copy(), labels.copy()
    warp(image, labels, rotate=10, ignore_class=255)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_errors():
    image, labels = pair(4, 5)
    with pytest.raises(InputError, match=r"\(H, W\), got \(4, 5, 3\) and \(5, 4\)"):
        warp(image, labels.T)
    with pytest.raises(InputError, match="scale must be above 0, got 0"):
        warp(image, labels, scale=0)
    with pytest.raises(TypeError, match="image must be of a float type, got uint8"):
        warp((image * 255).astype(np.uint8), labels)
    with pytest.raises(TypeError, match="labels must be of an integer type, got float32"):
        warp(image, labels.astype(np.float32))
