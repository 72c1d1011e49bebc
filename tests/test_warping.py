"""The warp, affine and elastic: against whole-pixel moves, against a slow loop, and at the edges."""

import math

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from seglab.errors import InputError
from seglab.warping import displacement_field, elastic, warp


def pair(height, width, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((height, width, 3), np.float32), rng.integers(0, 4, (height, width), np.uint8)


def slow_warp(image, labels, *, flip_horizontal, scale, rotate, shift, ignore_class, displacements=None):
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
            if displacements is not None:
                down, right = down + displacements[row, col, 0], right + displacements[row, col, 1]
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
@pytest.mark.parametrize("displaced", [False, True])
def test_equals_slow_loop(ignore_class, flip_horizontal, displaced):
    image, labels = pair(11, 17)
    options = {"scale": 0.8, "rotate": 27.0, "shift": (1.3, -2.6), "flip_horizontal": flip_horizontal}
    if displaced:
        options["displacements"] = np.random.default_rng(1).normal(0, 1, (11, 17, 2))
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


def test_displacements_say_where_a_pixel_looks():
    labels = np.arange(12).reshape(3, 4)
    displacements = np.zeros((3, 4, 2))
    displacements[0, 1] = 2, -1  # two down, one to the left
    displacements[2, 3] = 0, 1  # outside
    expected = labels.copy()
    expected[0, 1], expected[2, 3] = labels[2, 0], 255
    image = labels[..., None].astype(float)
    warped, marks = warp(image, labels, displacements=displacements, ignore_class=255)
    np.testing.assert_array_equal(marks, expected)
    np.testing.assert_array_equal(warped[:, :3, 0], expected[:, :3])
    assert warped[2, 3, 0] == labels[2, 3]  # mirrored


def test_field_by_hand():
    # Halfway between two points, cubic convolution weighs -1, 9, 9, -1 of 16; the point added at the end continues
    # the line: (7 p0 + 10 p1 - p2) / 16.
    vectors = np.zeros((3, 3, 2))
    vectors[1, 2] = 16, -32
    field = displacement_field(vectors, (5, 5))
    np.testing.assert_allclose(field[:, 4, 0], [0, 10, 16, 10, 0], atol=1e-5)
    np.testing.assert_allclose(field[2, :, 1], [0, 2, 0, -14, -32], atol=1e-5)


def hermite(values, length):
    """Cubic through the values with the slopes of their neighbors, at `length` places from the first to the last."""
    at = np.arange(len(values))
    slopes = np.gradient(values, axis=0)  # one-sided at both ends
    return CubicHermiteSpline(at, values, slopes)(np.linspace(0, len(values) - 1, length))


@pytest.mark.parametrize("points", [(2, 3), (3, 3), (5, 4)])
def test_field_equals_scipy(points):
    vectors = np.random.default_rng(0).normal(0, 10, (*points, 2))
    slow = hermite(np.moveaxis(hermite(np.moveaxis(vectors, 1, 0), 29), 1, 0), 13)  # (13, 29, 2): columns, then rows
    np.testing.assert_allclose(displacement_field(vectors, (13, 29)), slow, atol=1e-4)


def test_field_of_a_straight_line_is_that_line():
    rows, cols = np.mgrid[0:3, 0:4]
    vectors = np.stack([rows - 2 * cols, 3 + cols], axis=-1)
    rows, cols = np.meshgrid(np.linspace(0, 2, 9), np.linspace(0, 3, 16), indexing="ij")
    np.testing.assert_allclose(displacement_field(vectors, (9, 16))[..., 0], rows - 2 * cols, atol=1e-5)
    np.testing.assert_allclose(displacement_field(vectors, (9, 16))[..., 1], 3 + cols, atol=1e-5)


def test_elastic_moves_image_and_labels_together():
    labels = np.zeros((64, 80), np.uint8)
    labels[10:40, 20:60] = 1
    image = np.repeat(labels[..., None], 3, axis=-1).astype(np.float32)
    rng = np.random.default_rng(0)
    moved = 0
    for _ in range(10):
        changed, marks = elastic(image, labels, rng, sigma=4)
        assert ((changed[..., 0] > 0.5) == marks).mean() > 0.99
        moved += (marks != labels).mean()
    assert 0.02 < moved / 10 < 0.3


def test_elastic_repeats_varies_and_invents_no_labels():
    image, labels = pair(30, 41)
    labels = (labels * 60).astype(np.int32)
    first = elastic(image, labels, np.random.default_rng(3), sigma=3, ignore_class=255)
    again = elastic(image, labels, np.random.default_rng(3), sigma=3, ignore_class=255)
    other = elastic(image, labels, np.random.default_rng(4), sigma=3, ignore_class=255)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert set(np.unique(first[1])) <= {0, 60, 120, 180, 255}
    assert first[1].dtype == np.int32
    still = elastic(image, labels, np.random.default_rng(3), sigma=0)
    np.testing.assert_array_equal(still[0], image)
    np.testing.assert_array_equal(still[1], labels)


def test_elastic_displacements_have_the_deviation_asked_for():
    rows = np.arange(201.0)[:, None, None].repeat(201, 1)  # every pixel holds its own row
    rng = np.random.default_rng(0)
    labels = np.zeros((201, 201), int)
    # The center is a grid point: it looks where its own vector says.
    moves = [elastic(rows, labels, rng, sigma=10)[0][100, 100, 0] - 100 for _ in range(300)]
    assert 9 < np.std(moves) < 11
    assert abs(np.mean(moves)) < 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1)])
def test_elastic_of_tiny_images(shape):
    image, labels = pair(*shape)
    warped, marks = elastic(image, labels, np.random.default_rng(0), sigma=1)
    assert warped.shape == (*shape, 3)
    assert np.isfinite(warped).all()
    assert marks.shape == shape


def test_elastic_errors():
    image, labels = pair(4, 5)
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="sigma must be at least 0 pixels, got -1"):
        elastic(image, labels, rng, sigma=-1)
    with pytest.raises(InputError, match="grid must be an integer of at least 2 points per side, got 1"):
        elastic(image, labels, rng, grid=1)
    with pytest.raises(InputError, match=r"got \(4, 5, 3\) and \(5, 4\)"):
        elastic(image, labels.T, rng)
    with pytest.raises(InputError, match=r"displacements must be finite numbers of shape \(4, 5, 2\), got \(5, 4, 2\)"):
        warp(image, labels, displacements=np.zeros((5, 4, 2)))
    with pytest.raises(InputError, match="with 40 that are not"):
        warp(image, labels, displacements=np.full((4, 5, 2), np.nan))
    with pytest.raises(InputError, match=r"vectors must be \(n, m, 2\) with n and m of at least 2, got \(1, 3, 2\)"):
        displacement_field(np.zeros((1, 3, 2)), (4, 5))
    with pytest.raises(InputError, match="size must be"):
        displacement_field(np.zeros((3, 3, 2)), (0, 5))


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
