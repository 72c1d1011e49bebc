"""Week 6b: what the lesson says in numbers."""

import numpy as np
import pytest
from scipy import ndimage

from seglab.datasets import synthetic
from seglab.datasets.vessels import vessels
from seglab.transforms import MULTI_SCALE, warp
from seglab.widgets import ElasticDeformation


@pytest.fixture(scope="module")
def sample():
    images, label_maps = synthetic.shapes(1, size=96, seed=8)
    return images[0], label_maps[0]


def test_labels_that_are_interpolated_change_class(sample):
    image, labels = sample
    right = warp(image, labels, rotate=25)[1]
    wrong = np.rint(warp(labels[..., None].astype(float), labels, rotate=25)[0][..., 0]).astype(int)
    changed = wrong[wrong != right]
    assert len(changed) > 100 and (changed == 1).sum() > 50
    # Rings of disc lie where no disc is near.
    far = ndimage.distance_transform_edt(right != 1) > 4
    assert ((wrong == 1) & far).sum() > 50


def test_sigma_shrinks_with_the_picture():
    assert 10 * 64 / 512 == 1.25 and 10 * 128 / 512 == 2.5


def test_the_picture_folds_from_some_sigma_on(sample):
    folded = [ElasticDeformation(*sample, sigma=sigma, grid=5, seed=4).folded() for sigma in (2, 8, 14, 20)]
    assert folded[0] == 0 and folded[1] > 0 and folded == sorted(folded)


def test_scales_are_even_in_the_logarithm():
    rng = np.random.default_rng(0)
    factors = np.array([MULTI_SCALE.draw(rng)[0]["scale"] for _ in range(2000)])
    assert factors.min() >= 0.5 and factors.max() <= 2
    assert abs((factors > 1).mean() - 0.5) < 0.03


def test_batch_normalization_lags():
    assert 0.99**60 > 0.5 and 0.9**60 < 0.01
    assert 0.9**44 < 0.01 < 0.9**43


def test_annotators_one_pixel_apart_agree_on_cells_and_not_on_vessels():
    dice = []
    for drawn in (synthetic.cells(20, seed=1)[1] > 0, vessels(20, seed=1)[1] > 0):
        wider = ndimage.binary_dilation(drawn, np.ones((1, 3, 3)))
        dice.append(2 * (drawn & wider).sum() / (drawn.sum() + wider.sum()))
    assert dice[0] > 0.8 and dice[1] < 0.6


@pytest.mark.slow  # imports TensorFlow
def test_an_interrupted_generator_falls_out_of_step(sample):
    image_module = pytest.importorskip("tensorflow.keras.preprocessing.image")
    boards = np.tile(sample[1][None, ..., None].astype("float32"), (4, 1, 1, 1))
    options = {"rotation_range": 40, "horizontal_flip": True, "fill_mode": "constant"}

    def pairs(interrupted):
        masks = image_module.ImageDataGenerator(**options).flow(boards, batch_size=4, shuffle=False, seed=1)
        taken = []

        def other_worker(picture):
            if interrupted and not taken:
                taken.append(next(masks))
            return picture

        images = image_module.ImageDataGenerator(**options, preprocessing_function=other_worker)
        first = next(images.flow(boards, batch_size=4, shuffle=False, seed=1))
        return first, taken[0] if taken else next(masks)

    first, second = pairs(interrupted=False)
    np.testing.assert_array_equal(first, second)
    first, second = pairs(interrupted=True)
    assert [bool((one == two).all()) for one, two in zip(first, second, strict=True)] == [True, False, False, False]
