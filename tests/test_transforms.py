"""Flips, crops, sizes, colors, and the random augmentation made of them."""

import dataclasses

import numpy as np
import pytest

from seglab.errors import InputError
from seglab.transforms import (
    MULTI_SCALE,
    Augmentation,
    adjust_color,
    crop,
    displacement_field,
    flip,
    resize,
    resize_image,
    resize_labels,
    warp,
)

EVERYTHING = Augmentation(
    flip_vertical=True, scale=(0.7, 1.4), rotate=30, shift=0.1, brightness=0.1, contrast=0.2, saturation=0.3
)


def pair(height=12, width=16, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((height, width, 3), np.float32), rng.integers(0, 3, (height, width), np.uint8)


def test_flip_moves_image_and_labels_together():
    image, labels = pair()
    image[..., 0] = labels
    flipped, marks = flip(image, labels, horizontal=True, vertical=True)
    np.testing.assert_array_equal(marks, labels[::-1, ::-1])
    np.testing.assert_array_equal(flipped[..., 0], marks)
    flipped[:] = 0
    assert image[..., 1:].any()
    across, _ = flip(image, labels, horizontal=True)
    np.testing.assert_array_equal(across, image[:, ::-1])
    same, marks = flip(image, labels)
    np.testing.assert_array_equal(same, image)
    assert not np.shares_memory(same, image)
    assert not np.shares_memory(marks, labels)


def test_crop_by_hand():
    image, labels = pair(4, 5)
    window, marks = crop(image, labels, top=1, left=2, height=3, width=2)
    np.testing.assert_array_equal(window, image[1:4, 2:4])
    np.testing.assert_array_equal(marks, labels[1:4, 2:4])


@pytest.mark.parametrize(("top", "left", "height", "width"), [(-1, 0, 2, 2), (0, 4, 2, 2), (3, 0, 2, 2), (0, 0, 0, 2)])
def test_crop_outside(top, left, height, width):
    image, labels = pair(4, 5)
    with pytest.raises(InputError, match="must lie in the 4x5 image"):
        crop(image, labels, top=top, left=left, height=height, width=width)


def test_resize_labels_nearest_by_hand():
    labels = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    # Centers of 2 columns lie at 1 and 3 of 4 pixels: columns 1 and 3.
    np.testing.assert_array_equal(resize_labels(labels, (1, 2)), [[6, 8]])
    np.testing.assert_array_equal(resize_labels(labels, (4, 4)), labels.repeat(2, axis=0))


def test_resize_image_averages_when_it_shrinks():
    # One row, 4 -> 2 pixels: the triangle filter weighs 3, 3, 1 of 7 at the edge.
    image = np.array([[[0.7], [0.0], [0.0], [1.4]]], np.float32)
    np.testing.assert_allclose(resize_image(image, (1, 2))[0, :, 0], [0.3, 0.6], atol=1e-6)


def test_resize_uint8_and_float_agree():
    image = np.random.default_rng(0).integers(0, 256, (30, 41, 3), np.uint8)
    as_bytes = resize_image(image, (16, 19))
    as_floats = resize_image(image / np.float32(255), (16, 19))
    assert as_bytes.dtype == np.uint8
    assert as_floats.dtype == np.float32
    assert np.abs(as_bytes / 255 - as_floats).max() < 1.01 / 255


@pytest.mark.parametrize("size", [(5, 31), (50, 7)])
def test_resize_never_invents_labels(size):
    image, labels = pair()
    labels = (labels * 100).astype(np.uint8)
    small, marks = resize(image, labels, size)
    assert small.shape == (*size, 3)
    assert marks.shape == size
    assert marks.dtype == np.uint8
    assert set(np.unique(marks)) <= set(np.unique(labels))


def test_resize_errors():
    with pytest.raises(InputError, match="size must be"):
        resize(*pair(), (0, 4))
    with pytest.raises(InputError, match=r"\(H, W\)"):
        resize(pair()[0], pair(5, 5)[1], (4, 4))


def test_adjust_color_by_hand():
    image = np.array([[[0.2, 0.4, 0.6], [0.4, 0.4, 0.4]]])
    gray = 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6
    np.testing.assert_allclose(adjust_color(image, saturation=0)[0, 0], [gray] * 3, atol=1e-6)
    mean = (gray + 0.4) / 2
    np.testing.assert_allclose(adjust_color(image, contrast=2), mean + 2 * (image - mean), atol=1e-6)
    np.testing.assert_allclose(adjust_color(image, brightness=-0.3)[0, 0], [0, 0.1, 0.3], atol=1e-6)
    assert adjust_color(image, brightness=2).max() == 1
    np.testing.assert_allclose(adjust_color(image), image, atol=1e-7)


def test_adjust_color_keeps_its_input():
    image = pair()[0]
    before = image.copy()
    adjust_color(image, contrast=0.5, saturation=0.5, brightness=0.1)
    np.testing.assert_array_equal(image, before)


def test_augmentation_repeats_and_varies():
    image, labels = pair(32, 48)
    first = EVERYTHING(image, labels, np.random.default_rng(5))
    again = EVERYTHING(image, labels, np.random.default_rng(5))
    other = EVERYTHING(image, labels, np.random.default_rng(6))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("ignore_class", [None, 255])
def test_augmentation_never_invents_labels(ignore_class):
    image, labels = pair(32, 48)
    labels = (labels * 60).astype(np.int32)
    rng = np.random.default_rng(0)
    for _ in range(30):
        changed, marks = EVERYTHING(image, labels, rng, ignore_class=ignore_class)
        assert set(np.unique(marks)) <= {0, 60, 120, ignore_class}
        assert changed.dtype == np.float32
        assert changed.min() >= 0
        assert changed.max() <= 1
        assert marks.dtype == np.int32


def test_geometry_keeps_image_and_labels_together():
    labels = np.zeros((64, 64), np.uint8)
    labels[10:40, 20:50] = 1
    image = np.repeat(labels[..., None], 3, axis=-1).astype(np.float32)
    augment = Augmentation(flip_vertical=True, scale=(0.7, 1.4), rotate=30, shift=0.1)
    rng = np.random.default_rng(0)
    for _ in range(20):
        changed, marks = augment(image, labels, rng)
        assert ((changed[..., 0] > 0.5) == marks).mean() > 0.99


def test_flip_only_is_exact_and_half_the_time():
    image, labels = pair()
    rng = np.random.default_rng(0)
    flipped = 0
    for _ in range(200):
        changed, _ = Augmentation()(image, labels, rng)
        flipped += np.array_equal(changed, image[:, ::-1])
        assert np.array_equal(changed, image) or np.array_equal(changed, image[:, ::-1])
    assert 75 <= flipped <= 125


def test_elastic_is_part_of_the_same_warp():
    image, labels = pair(32, 48)
    alone = Augmentation(flip_horizontal=False, elastic=3)
    geometry, _ = alone.draw(np.random.default_rng(2))
    expected = warp(image, labels, displacements=displacement_field(geometry["vectors"], (32, 48)), ignore_class=255)
    changed = alone(image, labels, np.random.default_rng(2), ignore_class=255)
    np.testing.assert_array_equal(changed[0], expected[0])
    np.testing.assert_array_equal(changed[1], expected[1])
    assert (changed[1] != labels).any()


def test_elastic_leaves_the_other_draws_alone():
    drawn = {name: value for name, value in EVERYTHING.draw(np.random.default_rng(1))[0].items() if name != "vectors"}
    more = dataclasses.replace(EVERYTHING, elastic=4).draw(np.random.default_rng(1))[0]
    assert {name: more[name] for name in drawn} == drawn
    draws = [Augmentation(elastic=4).draw(np.random.default_rng(seed))[0]["vectors"] for seed in range(100)]
    assert 3.8 < np.std(draws) < 4.2


def test_draw_ranges_and_independence():
    rng = np.random.default_rng(0)
    scales = []
    for _ in range(300):
        geometry, color = EVERYTHING.draw(rng)
        scales.append(geometry["scale"])
        assert abs(geometry["rotate"]) <= 30
        assert max(map(abs, geometry["shift"])) <= 0.1
        assert abs(color["brightness"]) <= 0.1
        assert abs(color["contrast"] - 1) <= 0.2
    assert 0.7 <= min(scales) < 0.75
    assert 1.3 < max(scales) <= 1.4
    alone = Augmentation(rotate=30).draw(np.random.default_rng(1))[0]["rotate"]
    assert alone == EVERYTHING.draw(np.random.default_rng(1))[0]["rotate"]


def test_multi_scale_crops_show_every_part_and_nothing_else():
    """A picture twice as large: its windows reach all four borders and never beyond."""
    image, labels = pair(16, 24)
    augment = Augmentation(flip_horizontal=False, scale=(2, 2), crop=True)
    rows, cols = [], []
    for seed in range(200):
        geometry, _ = augment.draw(np.random.default_rng(seed))
        down, right = geometry["shift"]
        assert geometry["scale"] == 2 and abs(down) <= 0.5 and abs(right) <= 0.5
        rows.append(down)
        cols.append(right)
        _, marks = augment(image, labels, np.random.default_rng(seed), ignore_class=255)
        assert (marks != 255).all()
    for moves in (rows, cols):
        assert min(moves) < -0.48 and max(moves) > 0.48 and abs(np.mean(moves)) < 0.06
    assert abs(np.corrcoef(rows, cols)[0, 1]) < 0.2


def test_a_smaller_picture_lies_whole_in_the_window():
    image, labels = np.ones((16, 24, 3), np.float32), np.ones((16, 24), np.uint8)
    places = set()
    for seed in range(100):
        augment = Augmentation(scale=(0.5, 0.5), crop=True)
        _, marks = augment(image, labels, np.random.default_rng(seed), ignore_class=255)
        inside = np.argwhere(marks == 1)
        assert 7 <= np.ptp(inside[:, 0]) + 1 <= 9 and 11 <= np.ptp(inside[:, 1]) + 1 <= 13  # 8 x 12, up to rounding
        places.add(tuple(inside.min(axis=0)))
    assert len(places) > 30


def test_crops_leave_the_other_draws_alone():
    plain, cropped = (
        dataclasses.replace(EVERYTHING, crop=crop).draw(np.random.default_rng(3)) for crop in (False, True)
    )
    assert {**plain[0], "shift": 0, "vectors": 0} == {**cropped[0], "shift": 0, "vectors": 0}
    assert plain[0]["shift"] != cropped[0]["shift"] and plain[1] == cropped[1]
    low, high = MULTI_SCALE.scale
    scales = [MULTI_SCALE.draw(np.random.default_rng(seed))[0]["scale"] for seed in range(200)]
    assert (low, high) == (0.5, 2.0) and min(scales) < 0.55 and max(scales) > 1.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": (0, 1)}, "scale must be"),
        ({"scale": (2, 1)}, "scale must be"),
        ({"rotate": -1}, r"rotate must lie in \[0, 180\], got -1"),
        ({"shift": 1.5}, "shift must lie"),
        ({"contrast": 2}, "contrast must lie"),
        ({"elastic": -1}, "elastic must be at least 0 pixels, got -1"),
    ],
)
def test_augmentation_errors(options, message):
    with pytest.raises(InputError, match=message):
        Augmentation(**options)


def test_global_seed_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    EVERYTHING(*pair(), np.random.default_rng(0))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
