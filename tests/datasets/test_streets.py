"""Streets: the same everywhere, different per split, with ids that say what the picture shows."""

import zlib

import numpy as np
import pytest
from scipy import ndimage

from seglab.datasets import streets as module
from seglab.datasets.streets import CAR, GRASS, PERSON, ROAD, SKY, STREETS, THINGS, draw_street, streets
from seglab.errors import InputError

PINNED = [1019608513, 3639000722]


@pytest.fixture(scope="module")
def many():
    return streets(30, seed=4)


def touching(first, second):
    """Whether a pixel of one mask is a direct neighbor of one of the other."""
    return bool((ndimage.binary_dilation(first) & second).any())


def masks_of(panoptic, category):
    return [panoptic == number for number in np.unique(panoptic) if number // 1000 == category]


def test_shapes_dtypes_and_ranges():
    images, panoptic = streets(3, size=(40, 72), seed=1)
    assert images.shape == (3, 40, 72, 3)
    assert images.dtype == np.float32
    assert 0 <= images.min() < 0.2
    assert 0.85 < images.max() <= 1
    assert panoptic.shape == (3, 40, 72)
    assert panoptic.dtype == np.int32
    assert streets(0)[0].shape == (0, 96, 160, 3)


def test_count_seed_and_split():
    images, panoptic = streets(2, size=48, seed=7)
    more = streets(3, size=48, seed=7)
    np.testing.assert_array_equal(more[0][:2], images)
    np.testing.assert_array_equal(more[1][:2], panoptic)
    for other in (streets(2, size=48, seed=8), streets(2, size=48, seed=7, split="val")):
        for panoptic_map, changed in zip(panoptic, other[1], strict=True):
            assert not np.array_equal(panoptic_map, changed)


def test_pinned_pixels():
    """A change here means that every seed gives other data: published numbers are then void."""
    image, panoptic = draw_street(0, seed=0)
    assert [zlib.crc32(array.astype("<i4").tobytes()) for array in (image, panoptic)] == PINNED


def test_every_street_has_every_class(many):
    for panoptic in many[1]:
        assert set(np.unique(panoptic // 1000)) == set(range(len(STREETS)))


def test_no_class_is_rare_or_everywhere(many):
    share = np.bincount((many[1] // 1000).ravel()) / many[1].size
    assert share.min() > 0.005
    assert share.max() < 0.5


def test_stuff_has_no_instances_and_things_count_from_one(many):
    for panoptic in many[1]:
        categories, instances = np.divmod(panoptic, 1000)
        assert not instances[~np.isin(categories, THINGS)].any()
        for thing in THINGS:
            numbers = np.unique(instances[categories == thing])
            assert numbers.tolist() == list(range(1, len(numbers) + 1))


def test_numbers_go_from_left_to_right():
    _, panoptic = draw_street(0, seed=0)
    masks = masks_of(panoptic, CAR)
    middles = [np.nonzero(mask.any(axis=0))[0] for mask in masks]
    middles = [(cols[0] + cols[-1]) / 2 for cols in middles]
    assert len(middles) >= 2
    assert middles == sorted(middles)


def test_two_cars_touch_in_every_street(many):
    for panoptic in many[1]:
        cars = masks_of(panoptic, CAR)
        assert any(touching(a, b) for i, a in enumerate(cars) for b in cars[:i])


def test_somebody_walks_in_front_of_a_car(many):
    """The legs reach below the car, the head is not above it by a whole car: the person covers a part of it."""
    for panoptic in many[1]:
        persons, cars = masks_of(panoptic, PERSON), masks_of(panoptic, CAR)
        lowest = max(persons, key=lambda mask: np.nonzero(mask)[0].max())
        on_road = touching(lowest, panoptic // 1000 == ROAD)
        assert on_road
        assert any(touching(lowest, car) for car in cars)


def test_counting_regions_is_not_counting_objects(many):
    """Touching cars are one region of the class; a car behind a person can be two regions of one object."""
    regions = [ndimage.label(panoptic // 1000 == CAR)[1] for panoptic in many[1]]
    objects = [len(masks_of(panoptic, CAR)) for panoptic in many[1]]
    assert np.mean(np.array(regions) != objects) > 0.3
    assert any(ndimage.label(car)[1] > 1 for panoptic in many[1] for car in masks_of(panoptic, CAR))


def test_labels_match_the_picture(many):
    """Grass is the greenest and sky the brightest part; a car has tires below and its edge is seen."""
    images, panoptic = many
    categories = panoptic // 1000
    green = images[..., 1] - (images[..., 0] + images[..., 2]) / 2
    assert max(range(6), key=lambda k: green[categories == k].mean()) == GRASS
    light = images.mean(axis=-1)
    assert max(range(6), key=lambda k: light[categories == k].mean()) == SKY
    jumps, borders = np.abs(np.diff(light, axis=2)), np.diff(panoptic, axis=2) != 0
    assert jumps[borders].mean() > 4 * jumps[~borders].mean()


def test_hidden_objects_are_left_out(monkeypatch):
    """Three cars at one place: the two behind are not in the map, and numbers have no gap."""
    cast = [(CAR, 60.0, 70.0, 40.0), (CAR, 60.0, 70.5, 40.0), (CAR, 60.0, 73.0, 70.0), (PERSON, 130.0, 80.0, 30.0)]
    monkeypatch.setattr(module, "_cast", lambda rng, size: cast)
    _, panoptic = draw_street(0)
    assert set(np.unique(panoptic)) & {4001, 4002, 4003, 5001} == {4001, 5001}


def test_two_objects_at_one_column_have_two_numbers(monkeypatch):
    monkeypatch.setattr(module, "_cast", lambda rng, size: [(CAR, 60.0, 70.0, 50.0), (CAR, 60.0, 90.0, 50.0)])
    _, panoptic = draw_street(0)
    assert set(np.unique(panoptic)) & {4000, 4001, 4002, 4003} == {4001, 4002}


def test_the_nearer_object_covers(monkeypatch):
    """The nearer car is listed first and is still on top, because its wheels stand lower."""
    monkeypatch.setattr(module, "_cast", lambda rng, size: [(CAR, 90.0, 86.0, 50.0), (CAR, 70.0, 72.0, 50.0)])
    _, panoptic = draw_street(0)
    body = (68, 85)  # the cabin of the one, a wheel of the other
    assert panoptic[body] == 4002


def test_an_object_outside_of_the_picture_has_no_number(monkeypatch):
    monkeypatch.setattr(module, "_cast", lambda rng, size: [(CAR, -90.0, 86.0, 50.0), (CAR, 70.0, 72.0, 50.0)])
    _, panoptic = draw_street(0)
    assert [number for number in np.unique(panoptic) if number // 1000 == CAR] == [4001]


@pytest.mark.parametrize("size", [16, (16, 40), (53, 37), (30, 200)])
def test_odd_and_small_sizes(size):
    images, panoptic = streets(3, size=size)
    expected = (size, size) if isinstance(size, int) else size
    assert images.shape[1:3] == panoptic.shape[1:] == expected
    assert np.isfinite(images).all()


def test_scenes_scale_with_size():
    small, large = (streets(6, size=size)[1] // 1000 for size in ((48, 80), (144, 240)))
    for category in range(len(STREETS)):
        assert abs((small == category).mean() - (large == category).mean()) < 0.08


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "count"),
        ({"count": 1, "size": 8}, "size"),
        ({"count": 1, "seed": -1}, "seed"),
        ({"count": 1, "split": "valid"}, "split"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        streets(**arguments)
