"""Satellite pictures: the same everywhere, different per split; what is built is rare, small and hard to find."""

import time
import zlib

import numpy as np
import pytest
from scipy import ndimage

from seglab.datasets.satellite import BUILT, LAND, SATELLITE, WATER, draw_satellite, satellite
from seglab.errors import InputError

PINNED = [715749393, 1694475501]


@pytest.fixture(scope="module")
def many():
    return satellite(60, seed=4)


def test_shapes_dtypes_and_ranges():
    images, labels = satellite(3, size=(32, 48), seed=1)
    assert images.shape == (3, 32, 48, 3) and images.dtype == np.float32
    assert labels.shape == (3, 32, 48) and labels.dtype == np.uint8
    assert images.min() >= 0 and images.max() <= 1
    assert set(np.unique(labels)) <= {LAND, WATER, BUILT} and len(SATELLITE) == 3


def test_pinned_pixels():
    """A change here means that every seed gives other data: published numbers are then void."""
    sums = [zlib.crc32(array.astype("<i4").tobytes()) for array in draw_satellite(0)]
    assert sums == PINNED


def test_count_seed_and_split():
    images, labels = satellite(3, seed=7)
    more = satellite(5, seed=7)
    np.testing.assert_array_equal(more[0][:3], images)
    np.testing.assert_array_equal(more[1][:3], labels)
    for other in (satellite(3, seed=8), satellite(3, seed=7, split="val"), satellite(3, seed=7, split="test")):
        for one, changed in zip(labels, other[1], strict=True):
            assert not np.array_equal(one, changed)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_built_is_one_to_three_percent(seed):
    labels = satellite(60, seed=seed)[1]
    assert 0.01 < (labels == BUILT).mean() < 0.03
    assert 0.1 < (labels == WATER).mean() < 0.4


def test_every_picture_has_something_built_and_much_land(many):
    assert (many[1] == BUILT).any(axis=(1, 2)).all()
    assert (many[1] == LAND).mean(axis=(1, 2)).min() > 0.3


def test_what_is_built_is_small(many):
    """No object holds a square of 7 pixels."""
    assert not ndimage.binary_erosion(many[1] == BUILT, np.ones((1, 7, 7))).any()


def test_no_threshold_of_brightness_finds_it(many):
    gray, truth = many[0].mean(-1), many[1] == BUILT
    assert gray[truth].mean() > gray[~truth].mean() + 0.1
    ious = []
    for level in np.linspace(0.3, 0.8, 26):
        found = gray > level
        ious.append((found & truth).sum() / (found | truth).sum())
    assert max(ious) < 0.4


def test_larger_pictures_show_more_not_larger_objects():
    small, large = satellite(40, seed=2)[1] == BUILT, satellite(10, size=128, seed=2)[1] == BUILT
    count = [np.mean([ndimage.label(mask)[1] for mask in masks]) for masks in (small, large)]
    assert count[1] > 2 * count[0]
    assert not ndimage.binary_erosion(large, np.ones((1, 8, 8))).any()


@pytest.mark.parametrize("size", [16, (16, 40), (53, 37)])
def test_odd_and_small_sizes(size):
    images, labels = satellite(6, size=size)
    assert images.shape[1:3] == labels.shape[1:] == ((size, size) if isinstance(size, int) else size)
    assert np.isfinite(images).all()


def test_speed():
    start = time.process_time()
    satellite(50)
    assert time.process_time() - start < 1.2  # six milliseconds each, with room for a loaded machine


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 15}, r"size must be \(height, width\) with sides of at least 16, got 15"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"split": "dev"}, "split must be one of train, val, test, got 'dev'"),
        ({"count": -1}, "count must be"),
    ],
)
def test_errors(options, message):
    with pytest.raises(InputError, match=message):
        satellite(**{"count": 1, **options})
