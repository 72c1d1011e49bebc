import numpy as np
import pytest

from seglab.errors import InputError
from seglab.weight_maps import border_weights, separate_touching


def slow_border_weights(instances, w0, sigma, class_weights):
    """The formula pixel by pixel, from the list of distances to all pixels of all objects."""
    numbers = [number for number in np.unique(instances) if number]
    weights = np.empty(instances.shape)
    for row, col in np.ndindex(instances.shape):
        if instances[row, col]:
            weights[row, col] = class_weights[1]
            continue
        weights[row, col] = class_weights[0]
        distances = sorted(np.hypot(*(np.argwhere(instances == n) - (row, col)).T).min() for n in numbers)
        if len(distances) > 1:
            weights[row, col] += w0 * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * sigma**2))
    return weights


@pytest.fixture
def cells():
    """Three objects of odd shape and number, two of them close."""
    instances = np.zeros((23, 31), np.int32)
    instances[2:9, 3:10] = 7
    instances[4, 12:17] = 2
    instances[5:12, 14] = 2
    instances[18:22, 20:30] = 90
    return instances


def test_the_numbers_of_the_formula():
    gap = np.array([[1, 1, 0, 0, 0, 0, 2]])
    np.testing.assert_allclose(border_weights(gap)[0, 3], 1 + 6.0653, atol=1e-4)  # d1 = 2, d2 = 3
    narrow = np.array([[1, 0, 2, 2]])
    np.testing.assert_allclose(border_weights(narrow), [[1, 1 + 9.2312, 1, 1]], atol=1e-4)  # d1 = d2 = 1


@pytest.mark.parametrize(
    ("w0", "sigma", "class_weights"), [(10, 5, (1, 1)), (3.5, 2, (0.4, 2.5)), (10, 0.7, (1, 0)), (0, 5, (2, 3))]
)
def test_against_the_formula_pixel_by_pixel(cells, w0, sigma, class_weights):
    weights = border_weights(cells, w0=w0, sigma=sigma, class_weights=class_weights)
    expected = slow_border_weights(cells, w0, sigma, class_weights)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=1e-6, atol=1e-7)


def test_many_objects_in_any_order_of_their_numbers():
    rng = np.random.default_rng(0)
    instances = np.zeros((40, 30), int)
    for number in rng.permutation(25) + 1:
        row, col = rng.integers(0, 38), rng.integers(0, 28)
        instances[row : row + 2, col : col + 2] = number
    expected = slow_border_weights(instances, 10, 1.5, (1, 1))
    np.testing.assert_allclose(border_weights(instances, sigma=1.5), expected, rtol=1e-6)


def test_distances_are_euclidean():
    instances = np.zeros((9, 9), int)
    instances[0, 0], instances[8, 0] = 1, 2
    weights = border_weights(instances)
    np.testing.assert_allclose(weights[4, 3], 1 + 10 * np.exp(-((5 + 5) ** 2) / 50), rtol=1e-6)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_added_for_fewer_than_two_objects(count):
    instances = np.zeros((6, 8), np.uint8)
    instances[2:4, 3:5] = count
    np.testing.assert_array_equal(border_weights(instances, class_weights=(2, 5)), np.where(instances, 5, 2))


def test_no_background_at_all():
    instances = np.array([[4, 4, 9], [4, 9, 9]])
    np.testing.assert_array_equal(border_weights(instances, class_weights=(2, 5)), np.full((2, 3), 5))


def test_the_argument_is_not_changed(cells):
    before = cells.copy()
    border_weights(cells)
    separate_touching(cells)
    np.testing.assert_array_equal(cells, before)


def test_objects_that_touch_get_background_between_them():
    instances = np.array(
        [
            [1, 1, 1, 0, 3],
            [1, 1, 1, 0, 3],
            [1, 1, 2, 2, 2],
            [1, 1, 2, 2, 2],
            [1, 1, 2, 2, 2],
        ],
        np.uint8,
    )
    expected = np.array(
        [
            [1, 1, 1, 0, 3],
            [1, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
            [1, 0, 0, 2, 2],
            [1, 0, 0, 2, 2],
        ]
    )
    separated = separate_touching(instances)
    np.testing.assert_array_equal(separated, expected)
    assert separated.dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_separation_against_a_loop_over_neighbors(dtype):
    rng = np.random.default_rng(1)
    instances = np.repeat(np.repeat(rng.choice([0, 0, 1, 200, 255], (6, 7)), 3, 0), 3, 1).astype(dtype)
    expected = instances.copy()
    for row, col in np.argwhere(instances):
        around = instances[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
        if set(around.ravel().tolist()) - {0, int(instances[row, col])}:
            expected[row, col] = 0
    np.testing.assert_array_equal(separate_touching(instances), expected)


def test_what_does_not_touch_stays(cells):
    np.testing.assert_array_equal(separate_touching(cells), cells)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instances": np.zeros((2, 3, 4), int)}, r"instances must be \(H, W\) .* got the shape \(2, 3, 4\)"),
        ({"instances": np.zeros((0, 3), int)}, "instances must be"),
        ({"instances": np.array([[0, -1]])}, "instances must be at least 0 .* got -1"),
        ({"w0": -1}, "w0 must be at least 0 and sigma above 0, got -1 and 5.0"),
        ({"sigma": 0}, "sigma above 0"),
        ({"sigma": float("nan")}, "sigma above 0"),
        ({"class_weights": (1, -1)}, r"class_weights must be \(background, foreground\)"),
        ({"class_weights": (1, 1, 1)}, "class_weights must be"),
    ],
)
def test_errors(options, message):
    with pytest.raises(InputError, match=message):
        border_weights(**{"instances": np.array([[1, 0, 2]]), **options})


def test_numbers_are_integers():
    for function in (border_weights, separate_touching):
        with pytest.raises(TypeError, match="instances must be of an integer type, got float64"):
            function(np.zeros((2, 2)))
