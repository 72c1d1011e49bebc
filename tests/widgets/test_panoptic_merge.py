"""The NumPy twin of the panoptic merge: against the merge of the model, and by hand."""

import numpy as np
import pytest
import traitlets

from seglab.errors import InputError
from seglab.models.panoptic_fpn import merge
from seglab.widgets import PanopticMerge
from seglab.widgets.panoptic_merge_rules import drawn_claims

CLASSES = ("road", "sky", "car", "person")
PARTS = {"things": (2, 3), "stuff": (0, 1)}


def scene(seed, count=8, size=(12, 20)):
    """Rectangles that overlap, many with equal scores, over stuff by chance."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, *size), bool)
    for mask in masks:
        top, left = rng.integers(0, size[0] - 3), rng.integers(0, size[1] - 4)
        mask[top : top + rng.integers(2, 8), left : left + rng.integers(2, 12)] = True
    masks[count // 2] = masks[0]  # twins
    masks[-1] = False
    found = {
        "masks": masks,
        "classes": rng.integers(0, 2, count),
        "scores": rng.uniform(0, 1, count).round(1),
        "semantic": rng.random((*size, 3)),
    }
    truth = merge({**found, "scores": rng.random(count)}, threshold=0.3, least_stuff=90, **PARTS)
    return rng.random((*size, 3)), found, truth, CLASSES


SETTINGS = [
    {"threshold": threshold, "overlap": overlap, "least_stuff": least}
    for threshold in (0, 0.5, 1)
    for overlap in (0, 0.3, 1)
    for least in (0, 60)
]


def test_the_map_is_that_of_the_model():
    for seed in range(4):
        arrays = scene(seed)
        for settings in SETTINGS:
            ids, fates, rests = PanopticMerge(*arrays, **PARTS, **settings).merged()
            np.testing.assert_array_equal(ids, merge(arrays[1], **PARTS, **settings))
            kept = [fate["id"] for fate in fates if fate["kind"] == "kept"]
            assert sorted(kept) == [number for number in np.unique(ids) if number % 1000]
            assert [fate["free"] for fate in fates if fate["kind"] == "kept"] == [(ids == one).sum() for one in kept]
            stuff = {rest["category"] * 1000 for rest in rests if rest["kept"] and rest["free"]}
            assert stuff == {number for number in np.unique(ids) if number < 2000}


def test_reasons_by_hand():
    # One row: b (.9) takes pixels 2 to 5; a (.8) keeps 2 of its 4; c (.7) has 1 of 3 left; d is not sure enough.
    row = np.arange(10)
    masks = np.array([[(row < 4)], [(row >= 2) & (row < 6)], [(row >= 4) & (row < 7)], [row > 7]])
    semantic = np.array([[[1, 0, 0]] * 9 + [[0, 1, 0]]], float)
    found = {"masks": masks, "classes": [0, 1, 0, 0], "scores": [0.8, 0.9, 0.7, 0.4], "semantic": semantic}
    truth = np.array([[2001, 2001, 2001, 3001, 3001, 3001, 0, 0, 0, 0]])
    demo = PanopticMerge(np.zeros((1, 10)), found, truth, CLASSES, **PARTS, least_stuff=2)
    ids, fates, rests = demo.merged()
    assert ids.tolist() == [[2001, 2001, 3001, 3001, 3001, 3001, 0, 0, 0, 255_000]]
    assert [(fate["kind"], fate["free"], fate["area"]) for fate in fates] == [
        ("kept", 2, 4), ("kept", 4, 4), ("taken", 1, 3), ("score", 0, 2),
    ]  # fmt: skip
    assert rests == [{"category": 0, "free": 3, "kept": True}, {"category": 1, "free": 1, "kept": False}]
    # IoU: car 2/3, person 3/4, road 3/4; nothing missed, no false alarm.
    numbers = demo.judged()
    assert numbers == demo.numbers and numbers["rq"] == 1
    assert numbers["pq"] == numbers["sq"] == pytest.approx((2 / 3 + 3 / 4 + 3 / 4) / 3)
    assert numbers["pq_stuff"] == 3 / 4 and numbers["void"] == 1
    demo.overlap = 0.4  # now the car must have 60 % free, and half is not enough; with its pixels the road has IoU 3/6
    assert demo.merged()[1][0]["kind"] == "taken" and demo.judged()["fn"] == 2


def test_each_setting_can_be_spoiled():
    def pq(group="", **settings):
        return PanopticMerge(**settings).judged()[f"pq{group}"]

    assert pq("_things", threshold=0.9) < pq("_things") - 0.1
    assert min(pq("_things", overlap=0), pq("_things", overlap=1)) < pq("_things") - 0.05
    assert pq("_stuff", least_stuff=0) < pq("_stuff") - 0.2
    assert pq("_stuff", least_stuff=2000) == 0


def test_words_and_picture_name_the_numbers():
    demo = PanopticMerge()
    pq = f"{demo.judged()['pq']:.3f}"
    assert f"PQ {pq}" in demo.describe() and "Stuff left out: grass" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    assert titles == ["12 masks, dotted: left out", f"merged: PQ {pq}, white is void", "the truth"]


def test_nothing_found_and_nothing_there():
    nothing = {"masks": [], "classes": [], "scores": [], "semantic": np.zeros((4, 6, 3))}
    demo = PanopticMerge(np.zeros((4, 6)), nothing, np.full((4, 6), 255_000), CLASSES, **PARTS)
    numbers = demo.judged()
    assert numbers["pq"] is None and (numbers["tp"], numbers["fn"]) == (0, 0)
    assert numbers["fp"] == 0  # the road lies on void, so it is forgiven
    assert "PQ n/a" in demo.describe()


def test_errors():
    image, found, truth, classes = drawn_claims()
    cases = [
        ((image, found, None, classes), {}, "go together, got no truth"),
        (
            (image, {**found, "masks": found["masks"][:3]}, truth, classes),
            {},
            r"found\['masks'\] must have shape \(12,",
        ),
        ((image, {**found, "masks": found["masks"] * 0.5}, truth, classes), {}, "must be bool, got float64"),
        ((image, found, truth[:9], classes), {}, "truth must be integers of shape"),
        ((image, found, truth, classes), {"things": (4, 6)}, r"different categories in \[0, 6\)"),
        ((image, {**found, "classes": found["classes"] + 1}, truth, classes), {}, r"must lie in \[0, 2\), got 1 to 2"),
        ((), {"overlap": 2}, r"overlap must lie in \[0, 1\], got 2"),
        ((), {"least_stuff": -1}, "whole number of pixels, 0 or more, got -1"),
    ]
    for arrays, options, message in cases:
        with pytest.raises(InputError, match=message):
            PanopticMerge(*arrays, **options)
    demo = PanopticMerge()
    with pytest.raises(traitlets.TraitError):
        demo.threshold = 1.1
    assert demo.threshold == 0.5
