"""Week 5c: what the lesson on skips says in numbers, computed by its own cells."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week05c_skips.ipynb")["cells"]}
IMPORTS = """
import keras
import tensorflow as tf
import seglab
from seglab.datasets import synthetic
from seglab.models import segnet
from seglab.models.segnet import MaxPoolingWithIndices, MaxUnpooling
images = synthetic.shapes(3, size=40, seed=0)[0]
"""


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells without figures and training define."""
    names = {"np": np}
    exec(IMPORTS, names)
    names["x"] = np.array([[1, 3, 2, 1], [4, 2, 0, 5], [1, 1, 7, 8], [2, 0, 3, 6]], "float32")
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in ("segnet-formula", "memory", "indices-net", "costs", "concat-holds-add", "posted-unpool", "merges"):
            exec(CELLS[cell], names)
        exec(CELLS["batch-test"], names)
        exec(CELLS["wiring-test"], names)
    return names


def test_the_formula_counts_the_published_network(lesson):
    count = lesson["segnet_weights"]
    assert count(12) == lesson["built"] == 29_465_804
    assert count(11) == 29_465_227
    assert count(4, 8) == lesson["segnet"]((32, 64, 3), 4).count_params()


def test_the_first_picture(lesson):
    values, indices = lesson["MaxPoolingWithIndices"]()(lesson["x"][None, :, :, None])
    assert np.ravel(values).tolist() == [4, 5, 2, 8] and np.ravel(indices).tolist() == [2, 3, 2, 1]
    back = np.asarray(lesson["MaxUnpooling"]()(values, indices))[0, :, :, 0]
    assert back.tolist() == [[0, 0, 0, 0], [4, 0, 0, 5], [0, 0, 0, 8], [2, 0, 0, 0]]


def test_indices_need_2_16_or_64_times_less(lesson):
    assert [16 / size for size in lesson["kinds"].values()] == [1, 2, 16, 64]


def test_weights_of_the_four_skips(lesson):
    counts = {kind: network.count_params() for kind, network in lesson["NETWORKS"].items()}
    assert counts == {"none": 109_794, "add": 109_794, "concat": 121_890, "indices": 101_898}
    assert lesson["KEPT"]["concat"] == lesson["KEPT"]["add"] == 64 * lesson["KEPT"]["indices"]


def test_the_decoder_unpools_at_the_places_of_its_own_level(lesson):
    network = lesson["NETWORKS"]["indices"]
    for level in range(3):
        pooled, unpooled = (
            network.get_layer(f"{name}{level}_{part}") for name, part in (("down", "pool"), ("up", "unpool"))
        )
        assert unpooled.input[1] is pooled.output[1]
    tf = lesson["tf"]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(lesson["images"], training=True) ** 2)
    assert None not in tape.gradient(loss, network.trainable_variables)


def test_a_concatenation_contains_the_sum(lesson):
    np.testing.assert_allclose(np.asarray(lesson["added"]), np.asarray(lesson["appended"]), atol=1e-4)


def test_the_posted_layer_puts_a_batch_into_its_first_image(lesson):
    posted, ours = lesson["posted"], lesson["ours"]
    assert posted.shape == ours.shape
    np.testing.assert_allclose(posted[0], ours.sum(axis=0), rtol=1e-5)
    assert not posted[1:].any()
    assert np.array_equal(lesson["one_by_one"], ours)
    depends, gray = lesson["depends_on_its_batch"], lesson["gray"]
    assert depends(lesson["posted_layer"], gray) and not depends(lesson["our_layer"], gray)


def test_two_questions_tell_three_networks_apart(lesson):
    suspects = lesson["SUSPECTS"]
    assert len({(network.output_shape, network.count_params()) for network in suspects.values()}) == 1
    answers = {name: lesson["test_wiring"](network) for name, network in suspects.items()}
    assert answers == {"right": (True, True), "x twice": (False, False), "no way back": (True, False)}
