"""The NumPy twin of the NMS demo, by hand and against the library's NMS."""

import numpy as np
import pytest
import traitlets

from seglab.boxes import box_iou, nms
from seglab.errors import InputError
from seglab.widgets import NMSThreshold
from seglab.widgets.nms_threshold import drawn_claims
from seglab.widgets.nms_threshold_rules import judge, suppress

# Each a third of its height below the one before: neighbors share 1/2, the ends 1/5.
CHAIN = [[0, 0, 12, 10], [4, 0, 16, 10], [8, 0, 20, 10]]
SCORES = [0.9, 0.8, 0.7]


def many(seed, count=40):
    rng = np.random.default_rng(seed)
    top, left = rng.uniform(0, 20, (2, count))
    boxes = np.stack([top, left, top + rng.uniform(4, 15, count), left + rng.uniform(4, 15, count)], axis=1)
    return boxes, rng.uniform(0, 1, count).round(1)  # many equal scores


@pytest.mark.parametrize("threshold", [0, 0.2, 0.45, 0.8, 1])
def test_greedy_is_the_nms_of_the_library(threshold):
    for seed in range(5):
        boxes, scores = many(seed)
        asked = np.flatnonzero(scores >= 0.3)
        kept, to, _ = suppress(boxes, scores, threshold=threshold, score_threshold=0.3, method="greedy")
        assert kept.tolist() == asked[nms(boxes[asked], scores[asked], threshold=threshold)].tolist()
        fallen = np.flatnonzero(to >= 0)
        assert sorted([*kept, *fallen]) == asked.tolist()
        assert set(to[fallen]) <= set(kept)
        assert (box_iou(boxes, boxes)[fallen, to[fallen]] > threshold).all()


def test_fast_asks_every_better_box():
    boxes, scores = many(7)
    scores = scores + np.arange(len(scores)) * 1e-6  # no ties
    kept, *_ = suppress(boxes, scores, threshold=0.4, score_threshold=0.2, method="fast")
    better = (scores[None] > scores[:, None]) & (scores[None] >= 0.2)
    free = (scores >= 0.2) & ~(better & (box_iou(boxes, boxes) > 0.4)).any(axis=1)
    assert sorted(kept) == np.flatnonzero(free).tolist()


def test_the_chain_under_three_methods():
    def fates(method, least):
        demo = NMSThreshold(
            np.zeros((20, 10)), CHAIN, SCORES, CHAIN, threshold=0.4, score_threshold=least, method=method
        )
        return [(fate["kind"], fate["to"]) for fate in demo.fates()]

    assert fates("greedy", 0.3) == [("found", 0), ("fallen", 0), ("found", 2)]
    assert fates("fast", 0.3) == [("found", 0), ("fallen", 0), ("fallen", 1)]
    # Soft: 0.8 (1 - 1/2) = 0.4 after the first, 0.2 after the third, whose own score nobody touches.
    assert fates("soft", 0.3) == [("found", 0), ("fallen", 2), ("found", 2)]
    assert fates("soft", 0.45) == [("found", 0), ("fallen", 0), ("found", 2)]
    assert fates("soft", 0.15) == [("found", 0), ("found", 1), ("found", 2)]
    assert fates("greedy", 0.75) == [("found", 0), ("fallen", 0), ("weak", -1)]


def test_soft_without_a_score_to_fall_below_drops_nothing():
    kept, to, scores = suppress(CHAIN, SCORES, threshold=0, score_threshold=0, method="soft")
    assert kept.tolist() == [0, 2, 1] and to.tolist() == [-1] * 3
    # The third loses 1/5 to the first, and then comes before the second: 0.56 against 0.4.
    np.testing.assert_allclose(scores, [0.9, 0.8 * 0.5 * 0.5, 0.7 * 0.8])


def test_one_true_box_counts_once():
    # The second would rather have the first's true box, but takes the free one that it overlaps by one half.
    fates = list(judge(np.array([[0.9, 0.0], [0.8, 0.5], [0.7, 0.6], [0.49, 0.0]])))
    assert [fate["kind"] for fate in fates] == ["found", "found", "duplicate", "false alarm"]
    assert [fate["to"] for fate in fates] == [0, 1, 0, -1]
    assert next(judge(np.zeros((1, 0))))["kind"] == "false alarm"


def test_no_setting_of_the_greedy_one_is_right_and_some_of_the_soft_one_are():
    _, boxes, scores, true = drawn_claims()

    def mistakes(method, threshold, least):
        kept, *_ = suppress(boxes, scores, threshold=threshold, score_threshold=least, method=method)
        found = [one["kind"] for one in judge(box_iou(boxes[kept], true))].count("found")
        return len(true) - found + len(kept) - found

    settings = [(threshold, least) for threshold in np.arange(0.02, 0.8, 0.04) for least in np.arange(0.2, 0.7, 0.05)]
    for method in ("greedy", "fast"):
        assert min(mistakes(method, *one) for one in settings) == 1
    assert mistakes("soft", 0.3, 0.4) == 0
    seen = [one["to"] for one in NMSThreshold(threshold=0.35).fates() if one["kind"] == "found"]
    assert sorted(seen) == [0, 2, 3, 4, 5, 6, 7]  # what the lesson calls cell 2 goes first
    assert box_iou(true[:1], true[1:2]) == pytest.approx(0.4, abs=0.005)


def test_words_and_picture_name_the_counts():
    demo = NMSThreshold(threshold=0.1)
    counts = demo.judged()
    assert counts == demo.numbers and counts["missed"] == 8 - counts["found"] > 0
    assert f"found: {counts['found']}, missed: {counts['missed']}. Duplicates: 0" in demo.describe()
    titles = [ax.get_title(loc="left") for ax in demo.static().axes]
    assert titles == ["25 boxes with a score from 0.30 on", f"Greedy NMS at IoU 0.10: {counts['kept']} are kept"]


def test_nothing_claimed_and_nothing_there():
    demo = NMSThreshold(np.zeros((8, 8)), [], [], [[0, 0, 4, 4]])
    assert demo.judged() == {"kept": 0, "found": 0, "missed": 1, "duplicates": 0, "false_alarms": 0}
    assert NMSThreshold(np.zeros((8, 8)), [[0, 0, 4, 4]], [0.9], []).judged()["false_alarms"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"boxes": CHAIN}, "go together, got no image"),
        ({"method": "hard"}, "method must be one of greedy, fast, soft, got 'hard'"),
        ({"threshold": 1.5}, r"threshold must lie in \[0, 1\], got 1.5"),
        ({"scores": [0.5]}, "scores must hold one number for each of the 3 boxes"),
        ({"scores": [0.5, 2, 0.1]}, r"scores must lie in \[0, 1\]"),
        ({"true_boxes": [[0, 0, 4]]}, r"true_boxes must be finite numbers of shape \(N, 4\)"),
    ],
)
def test_errors(arguments, message):
    given = {"image": np.zeros((20, 10)), "boxes": CHAIN, "scores": SCORES, "true_boxes": CHAIN}
    if "boxes" in arguments:
        given = {}
    with pytest.raises(InputError, match=message):
        NMSThreshold(**{**given, **arguments})


def test_a_bad_change_is_refused():
    demo = NMSThreshold()
    for name, value in (("method", "hard"), ("threshold", 2)):
        with pytest.raises(traitlets.TraitError):
            setattr(demo, name, value)
    assert (demo.method, demo.threshold) == ("greedy", 0.5)
