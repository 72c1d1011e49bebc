"""Numbers of found objects, and of panoptic maps: those of the metrics, by name."""

import numpy as np
import pytest

from seglab.datasets.instances import load_instances
from seglab.datasets.streets import STREETS, THINGS, draw_street
from seglab.errors import InputError
from seglab.instance_evaluation import evaluate_instances, evaluate_panoptic, milliseconds_per_image, panoptic_truth
from seglab.metrics import mask_ap

STUFF = (0, 1, 2, 3)


def test_scores_are_those_of_the_metric():
    data = load_instances("streets", split="val", count=3)
    truth = data.truth()
    found = [
        {**one, "masks": np.roll(one["masks"], 1, axis=2), "scores": np.ones(len(one["classes"]))} for one in truth
    ]
    scores = evaluate_instances(found, data)
    expected = mask_ap(truth, found)
    assert (scores["AP"], scores["AP75"]) == (expected.ap, expected.ap75)
    assert [scores["AP of car"], scores["AP of person"]] == expected.ap_per_class.tolist()


def test_the_true_maps_are_those_that_were_drawn():
    data = load_instances("streets", split="val", count=3)
    for index, panoptic in enumerate(panoptic_truth(data, things=THINGS, stuff=STUFF)):
        _, drawn = draw_street(index, size=(64, 96), split="val")
        pairs = set(zip(panoptic.ravel().tolist(), drawn.ravel().tolist(), strict=True))
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
        assert np.array_equal(panoptic // 1000, drawn // 1000)


def test_panoptic_quality_by_class():
    truth = panoptic_truth(load_instances("streets", split="val", count=2), things=THINGS, stuff=STUFF)
    no_cars = [np.where(one // 1000 == 4, 0, one) for one in truth]
    scores = evaluate_panoptic(no_cars, truth, STREETS, things=THINGS)
    assert scores["PQ of car"] == 0 and scores["PQ of person"] == scores["PQ of sky"] == 1
    assert scores["PQ things"] == 0.5 and scores["RQ things"] == 0.5
    assert scores["PQ"] == pytest.approx(np.mean([scores[f"PQ of {name}"] for name in STREETS]))


def test_time_is_per_image():
    seen = []
    assert milliseconds_per_image(lambda image: seen.append(image.shape), np.zeros((3, 4, 5, 1)), repeats=4) >= 0
    assert seen == [(1, 4, 5, 1)] * 5


def test_missing_results_are_named():
    data = load_instances("cells", split="val", count=2)
    with pytest.raises(InputError, match="each of the 2 images, got 1"):
        evaluate_instances([{}], data)
    with pytest.raises(InputError, match="at least one map"):
        evaluate_panoptic([], [], STREETS, things=THINGS)
