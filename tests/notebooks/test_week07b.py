"""What lesson 7b says in numbers."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.receptive_field import receptive_field

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "course" / "week07b_pyramid.ipynb"
SOURCES = {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}


def definitions(*cells):
    """What the cells of the lesson define, without what they draw and print."""
    found = {"np": np}
    for cell in cells:
        for part in re.findall(r"^(?:[A-Z_, ]+ = .*?$|def .*?(?=^\S))", SOURCES[cell] + "\nend", re.M | re.S):
            exec(part, found)
    return found


@pytest.mark.parametrize("patches", [1, 4])
def test_scenes_are_what_the_lesson_says(patches):
    lesson = definitions("scenes")
    images, labels = lesson["disc_scenes"](12, 3, patches)
    colors = {1: 0, 2: 0}
    for image, label in zip(images, labels, strict=True):
        orange, blue = image[..., 0] - image[..., 2] > 0.4, image[..., 2] - image[..., 0] > 0.4
        assert (orange | blue).sum() >= 34 * patches  # of 36 cells a patch, some lost in the noise
        for quarter in range(4):
            part = tuple(slice(24 * at, 24 * at + 24) for at in (quarter // 2, quarter % 2))
            kinds = set(np.unique(label[part])) - {0}
            assert len(kinds) == 1
            kind = kinds.pop()
            colors[kind] += 1
            own = {1: orange, 2: blue}[kind]
            assert not (own & (label > 0)).any()
            assert own.sum() > 30
            if patches == 4:
                assert own[part].sum() > 30 and not {1: blue, 2: orange}[kind][part].any()
        if patches == 1:
            assert len(np.unique(label)) == 2
    assert min(colors.values()) > 0


def test_the_local_network_cannot_reach_a_patch():
    assert receptive_field([(3, 2), (3, 1), (1, 1)]).size == 7
    coin = 0.5 / (1 + 0.5)  # half of a class found, as many false
    assert coin == pytest.approx(1 / 3)


def test_a_vote_of_four_coins_is_right_for_eleven_of_sixteen():
    votes = [0.5 + abs(sum(coins) - 2) / 4 for coins in itertools.product((0, 1), repeat=4)]
    assert np.mean(votes) == 11 / 16


def test_regions():
    lesson = definitions("regions", "fixed-windows-figure")
    adaptive, fixed = lesson["adaptive"], lesson["fixed"]
    assert adaptive(8, 3) == [(0, 3), (2, 6), (5, 8)]
    assert adaptive(10, 4)[1] == (2, 5)
    assert adaptive(12, 6) == fixed(12, 6)
    assert {end - start for start, end in fixed(11, 6)} == {6}
    assert {end - start for start, end in adaptive(11, 6)} == {2, 3}
    assert fixed(11, 6)[-1] == (5, 11)


def test_weights():
    pyramid, head = 4 * 2048 * 512, 9 * 4096 * 512
    assert (pyramid, head) == (4_194_304, 18_874_368)
    assert sum((256, 512, 1024, 2048)) * 256 + 4 * 9 * 256 * 256 == 3_342_336


def test_fields_of_vgg16():
    vgg16 = [layer for convs in (2, 2, 3, 3, 3) for layer in [(3, 1)] * convs + [(2, 2)]]
    fields = [receptive_field(vgg16[:depth]) for depth in (6, 10, 14, 18)]
    assert [field.stride for field in fields] == [4, 8, 16, 32]
    assert [field.size for field in fields] == [16, 44, 100, 212]


@pytest.mark.slow  # imports TensorFlow
def test_pyramid_of_a_counting_map():
    keras = pytest.importorskip("keras")
    from seglab.layers import AdaptiveAveragePooling

    x = np.arange(36, dtype="float32").reshape(1, 6, 6, 1)
    levels = {
        bins: keras.ops.convert_to_numpy(AdaptiveAveragePooling(bins)(x))[0, :, :, 0].round(4).tolist()
        for bins in (1, 2, 3)
    }
    assert levels[1] == [[17.5]]
    assert levels[2] == [[7, 10], [25, 28]]
    assert levels[3] == [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5], [27.5, 29.5, 31.5]]


@pytest.mark.slow  # imports TensorFlow
def test_normalization_of_one_number_is_the_learned_shift():
    keras = pytest.importorskip("keras")
    layer = keras.layers.BatchNormalization(beta_initializer="ones")
    x = np.random.default_rng(0).normal(size=(3, 1, 1, 5)).astype("float32")
    for alone in x:
        assert keras.ops.convert_to_numpy(layer(alone[None], training=True)).ravel().tolist() == [1] * 5
    assert np.ptp(keras.ops.convert_to_numpy(layer(x, training=True)), axis=0).min() > 0.1
