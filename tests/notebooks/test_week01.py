"""Week 1: what the lessons say in numbers."""

import numpy as np
from scipy import ndimage

from seglab.datasets import synthetic
from seglab.datasets.streets import CAR, STREETS, THINGS, streets
from seglab.labels import decode_panoptic, ids_to_rgb, rgb_to_ids
from seglab.transforms import resize_image, resize_labels


def test_the_street_of_lesson_a_has_what_its_text_says():
    """Three cars that touch, several persons; one car behind a person; two objects with the number 1."""
    panoptic = streets(1, size=(180, 300), seed=36)[1][0]
    assert panoptic.size == 54_000
    objects = [one for one in np.unique(panoptic).tolist() if one // 1000 in THINGS]
    assert [one for one in objects if one // 1000 == CAR] == [4001, 4002, 4003]
    assert len(objects) > 5
    assert [one for one in objects if one % 1000 == 1] == [4001, 5001]
    assert ndimage.label(panoptic == 4001)[1] > 1
    assert ndimage.binary_dilation(panoptic == 4001)[panoptic == 4003].any()


def test_perfect_masks_do_not_count():
    """Cells merge in every picture of lesson 1a; cars are counted right in some, wrong in most."""
    cell_maps = synthetic.cells(40, size=96, seed=2)[1]
    assert all(ndimage.label(one > 0)[1] < one.max() for one in cell_maps)
    right = 0
    for street in streets(40, seed=3)[1]:
        mask = street // 1000 == CAR
        right += ndimage.label(mask)[1] == len(np.unique(street[mask]))
    assert 5 <= right <= 20


def test_the_real_pictures_come_without_a_download(monkeypatch):
    def refuse(*_):
        raise AssertionError("a download")

    monkeypatch.setattr("socket.socket.connect", refuse)
    from skimage import data

    shapes = {name: getattr(data, name)().shape[:2] for name in ("coins", "cell", "immunohistochemistry", "retina")}
    assert shapes["coins"] == (303, 384)
    assert shapes["retina"] == (1411, 1411)


def test_the_ids_of_lesson_b():
    """Averaging makes objects nobody drew: the numbers that the text promises, and the sky and the car to be found."""
    panoptic = streets(1, size=(144, 240), seed=18)[1][0]
    averaged = resize_image(panoptic[..., None].astype(np.float32), (72, 120))[..., 0].astype(np.int32)
    assert 10 <= len(np.unique(panoptic)) <= 14
    assert len(np.unique(averaged)) > 100
    assert len(np.unique(resize_labels(panoptic, (72, 120)))) == len(np.unique(panoptic))
    ids, areas = np.unique(averaged[38:68, 60:110], return_counts=True)
    categories, numbers = decode_panoptic(ids)
    assert ((categories == STREETS.index("sky")) & (numbers > 0)).any()
    assert ((categories == CAR) & (areas == 1)).any()
    assert ids_to_rgb(np.array([[4002]])).tolist() == [[[162, 15, 0]]]
    assert 4001 % 256 == 4257 % 256
    assert rgb_to_ids(np.array([[[10, 2, 0]]])).tolist() == [[522]]


def test_the_shifts_of_lesson_b():
    """Away from the edge, an averaged block of eight has its middle 3.5 to the right of the slice."""
    ramp = np.tile(np.arange(64, dtype=np.float32), (8, 1))
    averaged = resize_image(ramp[..., None], (1, 8))[0, 1:5, 0]
    np.testing.assert_allclose(averaged - ramp[0, ::8][1:5], 3.5, atol=1e-4)
    np.testing.assert_allclose(resize_labels(ramp, (1, 8))[0, 1:5] - averaged, 0.5, atol=1e-4)
