"""The drawn data sets: the same everywhere, different per split, and with exact labels."""

import time
import zlib

import numpy as np
import pytest

from seglab.datasets import synthetic
from seglab.errors import InputError

PINNED = [1699635870, 657804484, 2301176927, 699677297]
BOTH = pytest.mark.parametrize("draw", [synthetic.shapes, synthetic.cells])


@BOTH
def test_shapes_dtypes_and_ranges(draw):
    images, labels = draw(6, size=(32, 48), seed=1)
    assert images.shape == (6, 32, 48, 3)
    assert images.dtype == np.float32
    assert 0 <= images.min() < 0.3
    assert 0.6 < images.max() <= 1
    assert labels.shape == (6, 32, 48)


@BOTH
def test_count_seed_and_split(draw):
    images, labels = draw(3, seed=7)
    more = draw(5, seed=7)
    np.testing.assert_array_equal(more[0][:3], images)
    np.testing.assert_array_equal(more[1][:3], labels)
    for other in (draw(3, seed=8), draw(3, seed=7, split="val"), draw(3, seed=7, split="test")):
        for image, changed in zip(images, other[0], strict=True):
            assert not np.array_equal(image, changed)


@BOTH
@pytest.mark.parametrize("seed", [2**32, 2**63 + 1, 2**200, np.int64(5)])
def test_seeds_of_any_length(draw, seed):
    images, _ = draw(1, seed=seed)
    assert not np.array_equal(images, draw(1, seed=0)[0])


def test_pinned_pixels():
    """A change here means that every seed gives other data: published numbers are then void."""
    image, labels = synthetic.draw_shapes(0, seed=0)
    cells, instances = synthetic.draw_cells(0, seed=0)
    sums = [zlib.crc32(array.astype("<i4").tobytes()) for array in (image, labels, cells, instances)]
    assert sums == PINNED


def test_every_class_is_common():
    _, labels = synthetic.shapes(60)
    share = np.bincount(labels.ravel(), minlength=4) / labels.size
    assert labels.max() == 3
    assert 0.6 < share[0] < 0.9
    assert share[1:].min() > 0.04
    assert share[1:].max() / share[1:].min() < 2


def test_labels_match_the_picture():
    """Blue minus red is lowest in discs and highest in rectangles: labels and colors belong together."""
    images, labels = synthetic.shapes(40)
    tint = images[..., 2] - images[..., 0]
    means = [tint[labels == label].mean() for label in range(4)]
    assert means[1] < means[0] < means[2]
    assert means[3] < means[0]


def test_objects_scale_with_size():
    small = synthetic.shapes(30, size=32)[1]
    large = synthetic.shapes(30, size=128)[1]
    assert abs((small > 0).mean() - (large > 0).mean()) < 0.08


@pytest.mark.parametrize("size", [16, (16, 40), (53, 37)])
@BOTH
def test_odd_and_small_sizes(draw, size):
    images, labels = draw(4, size=size)
    assert images.shape[1:3] == labels.shape[1:] == ((size, size) if isinstance(size, int) else size)
    assert np.isfinite(images).all()


def test_cells_are_numbered_without_gaps_and_touch():
    _, instances = synthetic.cells(40)
    assert instances.dtype == np.int32
    touching = 0
    for numbers in instances:
        areas = np.bincount(numbers.ravel())
        assert 4 <= len(areas) - 1 <= 15
        assert areas[1:].min() >= 16
        left, right = numbers[:, :-1], numbers[:, 1:]
        touching += ((left != right) & (left > 0) & (right > 0)).any()
    assert touching > 30


def test_speed():
    start = time.process_time()
    synthetic.shapes(100)
    assert time.process_time() - start < 0.6  # a millisecond each, with room for a loaded machine


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 15}, r"size must be \(height, width\) with sides of at least 16, got 15"),
        ({"size": (64,)}, "size must be"),
        ({"size": (64.0, 64)}, "size must be"),
        ({"size": "64"}, "size must be"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"seed": 0.5}, "seed must be"),
        ({"seed": True}, "seed must be"),
        ({"split": "dev"}, "split must be one of train, val, test, got 'dev'"),
        ({"count": -1}, "count must be"),
    ],
)
def test_errors(options, message):
    with pytest.raises(InputError, match=message):
        synthetic.shapes(**{"count": 1, **options})


def test_no_images():
    assert synthetic.shapes(0)[0].shape == (0, 64, 64, 3)
