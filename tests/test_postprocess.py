"""Morphology against a slow loop, components and holes by hand, watershed on disks that touch, every error."""

import numpy as np
import pytest

from seglab import postprocess
from seglab.errors import InputError


def picture(text):
    """Bool mask from rows of `#` and `.`."""
    return np.array([[letter == "#" for letter in row] for row in text.split()])


def near_by_loop(mask, radius):
    height, width = mask.shape
    result = np.zeros_like(mask)
    for row, col in np.ndindex(height, width):
        for other_row, other_col in np.argwhere(mask):
            result[row, col] |= (row - other_row) ** 2 + (col - other_col) ** 2 <= radius**2
    return result


def disks(height, width, *circles):
    row, col = np.mgrid[:height, :width]
    return np.any([(row - r) ** 2 + (col - c) ** 2 <= radius**2 for r, c, radius in circles], axis=0)


@pytest.mark.parametrize("radius", [0, 1, 1.5, 2, 3.2, 50])
def test_morphology_is_the_loop(radius):
    mask = np.random.default_rng(0).random((9, 13)) < 0.3
    grown = near_by_loop(mask, radius)
    shrunk = ~near_by_loop(~mask, radius)
    np.testing.assert_array_equal(postprocess.dilate(mask, radius), grown)
    np.testing.assert_array_equal(postprocess.erode(mask, radius), shrunk)
    np.testing.assert_array_equal(postprocess.opening(mask, radius), near_by_loop(shrunk, radius))
    np.testing.assert_array_equal(postprocess.closing(mask, radius), ~near_by_loop(~grown, radius))


def test_opening_removes_and_closing_adds():
    mask = picture("#.....##. ......### ..#...##. ..##..... .....####")
    opened, closed = postprocess.opening(mask), postprocess.closing(mask)
    assert (opened <= mask).all() and (closed >= mask).all()
    assert opened.sum() < mask.sum() < closed.sum()
    np.testing.assert_array_equal(postprocess.opening(opened), opened)
    np.testing.assert_array_equal(postprocess.closing(closed), closed)
    # The order matters: closed first the specks are one large object, opened first they are gone.
    specks = picture("......... .##.##.## .##.##.## .........")
    assert postprocess.opening(postprocess.closing(specks, 1.5), 1.5).any()
    assert not postprocess.closing(postprocess.opening(specks, 1.5), 1.5).any()


@pytest.mark.parametrize("value", [False, True])
def test_masks_of_one_value_stay(value):
    mask = np.full((4, 7), value)
    for function in (postprocess.erode, postprocess.dilate, postprocess.opening, postprocess.closing):
        np.testing.assert_array_equal(function(mask, 2), mask)
    np.testing.assert_array_equal(postprocess.fill_holes(mask), mask)
    np.testing.assert_array_equal(postprocess.remove_small(mask, 2), mask)
    assert postprocess.split_touching(mask).max() == value


def test_an_erosion_does_not_begin_at_the_edge_of_the_image():
    np.testing.assert_array_equal(postprocess.erode(picture("##.... ##.... ##....")), picture("#..... #..... #....."))


def test_components_by_hand():
    mask = picture("#.#. .#.. ...# ..#.")
    assert postprocess.components(mask).tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 2], [0, 0, 2, 0]]
    assert postprocess.components(mask, neighbors=4).max() == 5
    labels = np.array([[3, 3, 2, 255], [0, 2, 2, 255], [3, 0, 0, 1]], np.uint8)
    found = postprocess.components(labels, ignore_class=255)
    assert found.tolist() == [[1, 1, 2, 0], [0, 2, 2, 0], [3, 0, 0, 4]]
    assert found.dtype == np.int32
    assert postprocess.components(labels).max() == 5


def test_remove_small_keeps_what_has_the_area():
    mask = picture("##..# #..#. ....# ##...")
    np.testing.assert_array_equal(postprocess.remove_small(mask, 3), picture("##..# #..#. ....# ....."))
    np.testing.assert_array_equal(postprocess.remove_small(mask, 3, neighbors=4), picture("##... #.... ..... ....."))
    np.testing.assert_array_equal(postprocess.remove_small(mask, 1), mask)
    assert not postprocess.remove_small(mask, 4).any()


def test_fill_holes_by_hand():
    mask = picture("######. #.##.#. ####.## ###.### #.#####")
    # Holes of 1, 2 and 1 pixels, the last two diagonal to each other; what reaches the edge is none.
    np.testing.assert_array_equal(postprocess.fill_holes(mask), picture("######. ######. ####### ####### #.#####"))
    np.testing.assert_array_equal(
        postprocess.fill_holes(mask, max_area=1), picture("######. ####.#. ####.## ####### #.#####")
    )
    # With 4 neighbors of the objects the three diagonal pixels of the background are one hole.
    np.testing.assert_array_equal(
        postprocess.fill_holes(mask, max_area=1, neighbors=4), picture("######. ####.#. ####.## ###.### #.#####")
    )


def test_what_reaches_any_edge_is_no_hole():
    mask = picture("##### ##... ##### ##.## #####")
    filled = picture("##### ##... ##### ##### #####")
    for turns in range(4):
        np.testing.assert_array_equal(postprocess.fill_holes(np.rot90(mask, turns)), np.rot90(filled, turns))


def test_merge_small_takes_the_nearest_label_that_stays():
    labels = np.array(
        [
            [0, 0, 0, 0, 0, 2, 2, 2],
            [0, 1, 0, 0, 0, 2, 2, 2],
            [0, 0, 0, 0, 3, 0, 2, 2],
            [0, 0, 0, 0, 0, 2, 2, 2],
        ],
        np.uint8,
    )
    merged = postprocess.merge_small(labels, 3, neighbors=4)
    wanted = labels.copy()
    wanted[1, 1], wanted[2, 4], wanted[2, 5] = 0, 0, 2
    np.testing.assert_array_equal(merged, wanted)
    assert merged.dtype == np.uint8 and labels[1, 1] == 1
    np.testing.assert_array_equal(postprocess.merge_small(labels, 100), labels)  # nothing would stay


def test_merge_small_leaves_ignored_pixels_out():
    labels = np.array([[255, 1, 255, 0, 0, 0, 255]], np.uint8)
    assert postprocess.merge_small(labels, 2, ignore_class=255).tolist() == [[255, 0, 255, 0, 0, 0, 255]]
    assert postprocess.merge_small(labels, 4, ignore_class=255).tolist() == labels.tolist()


def test_disks_that_touch_are_split_and_single_ones_are_not():
    mask = disks(40, 70, (12, 12, 9), (14, 27, 8), (28, 20, 9), (20, 55, 10), (36, 66, 0.5))
    assert postprocess.components(mask).max() == 3
    instances = postprocess.split_touching(mask)
    assert instances.dtype == np.int32 and instances.max() == 5
    np.testing.assert_array_equal(instances > 0, mask)
    centers = [instances[12, 12], instances[14, 27], instances[28, 20], instances[20, 55], instances[36, 66]]
    assert sorted(centers) == [1, 2, 3, 4, 5]
    for number, area in zip(centers[:3], (253, 197, 253), strict=True):
        assert 0.8 * area < (instances == number).sum() < 1.2 * area
    assert postprocess.split_touching(mask, min_distance=30).max() == 3


def test_smoothing_removes_false_tops():
    rng = np.random.default_rng(0)
    mask = disks(60, 60, (30, 30, 20)) & (rng.random((60, 60)) < 0.97)
    rough, smooth = (postprocess.split_touching(mask, min_distance=3, smoothing=s).max() for s in (0, 6))
    assert smooth < rough


def test_seeds_and_landscape_decide_where_it_is_cut():
    mask = picture("########## ##########")
    seeds = np.zeros(mask.shape, int)
    seeds[0, 1], seeds[1, 8] = 7, 4
    walls = np.zeros(mask.shape)
    walls[:, 3] = 1.0
    instances = postprocess.split_touching(mask, landscape=walls, seeds=seeds)
    assert sorted(np.unique(instances)) == [1, 2]  # consecutive, whatever the numbers of the seeds
    left, right = instances[0, 0], instances[0, 9]
    assert left != right
    assert (instances[:, :3] == left).all() and (instances[:, 4:] == right).all()
    walls = walls[:, ::-1]  # the wall on the other side
    moved = postprocess.split_touching(mask, landscape=walls, seeds=seeds)
    assert (moved[:, :6] == moved[0, 0]).all() and (moved[:, 7:] == moved[0, 9]).all()
    assert postprocess.split_touching(mask, landscape=walls, seeds=walls == 0).max() == 2


def test_a_component_without_a_seed_is_one_object():
    mask = picture("###.### ###.###")
    seeds = np.zeros(mask.shape, bool)
    seeds[0, 0] = True
    assert postprocess.split_touching(mask, seeds=seeds).tolist() == [[1, 1, 1, 0, 2, 2, 2]] * 2


def test_inputs_stay_as_they_are():
    mask = disks(20, 24, (9, 8, 5), (10, 15, 4))
    before = mask.copy()
    for function in (postprocess.erode, postprocess.dilate, postprocess.fill_holes, postprocess.split_touching):
        function(mask)
    postprocess.remove_small(mask, 9)
    np.testing.assert_array_equal(mask, before)


MASK = np.zeros((3, 4), bool)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: postprocess.erode(MASK, -1), "radius must be at least 0 pixels, got -1"),
        (lambda: postprocess.dilate(MASK, float("nan")), "radius must be at least 0"),
        (lambda: postprocess.opening(MASK[0]), r"mask must have two axes \(H, W\) .* got \(4,\)"),
        (lambda: postprocess.closing(MASK[:0]), "be not empty"),
        (lambda: postprocess.components(MASK, neighbors=6), "neighbors must be 4 or 8, got 6"),
        (lambda: postprocess.components(MASK[0]), "labels must have two axes"),
        (lambda: postprocess.remove_small(MASK, 2, neighbors=1), "neighbors must be 4 or 8"),
        (lambda: postprocess.fill_holes(MASK, neighbors=12), "neighbors must be 4 or 8, got 12"),
        (lambda: postprocess.merge_small(MASK, 2, neighbors=5), "neighbors must be 4 or 8"),
        (lambda: postprocess.split_touching(MASK, neighbors=5), "neighbors must be 4 or 8"),
        (lambda: postprocess.split_touching(MASK, min_distance=0), "min_distance must be at least 1"),
        (lambda: postprocess.split_touching(MASK, smoothing=-1), "smoothing at least 0"),
        (lambda: postprocess.split_touching(MASK, landscape=np.zeros((4, 3))), "landscape must be of the mask's shape"),
        (lambda: postprocess.split_touching(MASK, seeds=np.zeros((4, 3), int)), "seeds must be of the mask's shape"),
        (lambda: postprocess.split_touching(MASK, seeds=np.full((3, 4), -1)), "seeds must be at least 0, got -1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: postprocess.erode(MASK.astype(int)), "mask must be of bool type, got int64. Pass labels == 1"),
        (lambda: postprocess.remove_small(MASK.astype(np.uint8), 2), "mask must be of bool type"),
        (lambda: postprocess.components(MASK.astype(float)), "labels must be of bool or integer type, got float64"),
        (lambda: postprocess.merge_small(MASK.astype(float), 2), "labels must be of bool or integer type"),
        (lambda: postprocess.split_touching(MASK, seeds=np.zeros((3, 4))), "seeds must be of bool or integer type"),
    ],
)
def test_types_are_checked(call, message):
    with pytest.raises(TypeError, match=message):
        call()
