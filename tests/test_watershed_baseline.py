"""The rules that cut a semantic map into objects, on true maps and by hand."""

import keras
import numpy as np
import pytest

from seglab.datasets.instances import load_instances
from seglab.errors import InputError
from seglab.instance_evaluation import evaluate_instances
from seglab.watershed_baseline import (
    RULES,
    cut_objects,
    watershed_loss,
    watershed_stream,
    watershed_targets,
    watershed_unet,
)


def test_targets_by_hand():
    masks = np.zeros((3, 7, 9), np.uint8)
    masks[0, 1:6, 1:4] = masks[1, 1:6, 4:8] = 1  # they touch
    maps = watershed_targets(masks, [0, 1, -1])
    assert set(maps[2, 1:4, 0]) == {1} and set(maps[2, 4:8, 0]) == {2} and maps[0, 0, 0] == 0
    assert maps[2, 2, 2] == 0 and maps[2, 3, 2] == maps[2, 4, 2] == 1  # the outline between the two
    assert maps[3, 2, 1] == 1 and maps[3, 1, 1] == 0.5 and maps[..., 1].max() == 1


def test_stuff_comes_before_things():
    masks = np.zeros((1, 4, 4), np.uint8)
    masks[0, 1:3, 1:3] = 1
    semantic = np.where(masks[0], 2, np.arange(4)[:, None] // 2)
    maps = watershed_targets(masks, [1], semantic)
    assert maps[1, 1, 0] == 3 and maps[0, 0, 0] == 0 and maps[3, 0, 0] == 1


def test_an_image_without_objects():
    assert not watershed_targets(np.zeros((0, 4, 5)), []).any()


@pytest.fixture(scope="module")
def true_maps():
    data = load_instances("cells", split="val", count=12)
    maps = [watershed_targets(one["masks"], one["classes"]) for one in data.truth()]
    return data, [(np.eye(2)[one[..., 0].astype(int)], one[..., 1], one[..., 2]) for one in maps]


def test_what_the_maps_know_decides_how_far_a_rule_can_come(true_maps):
    data, maps = true_maps
    ap = {}
    for rule in RULES:
        ap[rule] = evaluate_instances([cut_objects(rule, *one, things=[1]) for one in maps], data)["AP"]
    assert ap["components"] < ap["distance transform"] < 0.6 < 0.7 < min(ap["predicted distance"], ap["boundary"])


def test_objects_have_their_class_and_score():
    probs = np.zeros((20, 20, 3))
    probs[..., 0] = 0.4
    probs[2:8, 2:8, 2] = 0.8
    probs[12:18, 2:8, 1] = 0.7
    probs[18:, 18:, 1] = 0.9  # four pixels are no object
    found = cut_objects("components", probs, None, None, things=[1, 2])
    assert found["classes"].tolist() == [1, 0] and found["scores"].round(3).tolist() == [0.8, 0.7]
    assert found["masks"].sum(axis=(1, 2)).tolist() == [36, 36]


def test_it_trains_on_the_stream():
    keras.utils.set_random_seed(0)
    data = load_instances("streets", count=8, batch=4, size=(32, 48))
    model = watershed_unet((32, 48, 3), 6, base_filters=4)
    model.compile(keras.optimizers.Adam(3e-3), watershed_loss)
    images, maps = next(iter(watershed_stream(data.training())))
    assert maps.shape == (4, 32, 48, 3)
    losses = model.fit(images, maps, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_bad_arguments_are_named():
    with pytest.raises(InputError, match="rule"):
        cut_objects("luck", np.zeros((4, 4, 2)), None, None, things=[1])
    with pytest.raises(InputError, match="things"):
        cut_objects("components", np.zeros((4, 4, 2)), None, None, things=[2])
