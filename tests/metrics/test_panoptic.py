import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seglab.errors import InputError
from seglab.labels import encode_panoptic, panoptic_from_segments, rgb_to_ids
from seglab.metrics import PanopticCounts, panoptic_counts, panoptic_quality
from seglab.metrics import panoptic as module

VOID = 255000
# The example in torchmetrics' documentation: category and instance per pixel, things 0 and 1, stuff 6 and 7.
DOC_TRUE = [
    [[6, 0], [0, 1], [6, 0], [0, 1]],
    [[0, 1], [0, 1], [6, 0], [0, 1]],
    [[0, 1], [0, 1], [6, 0], [1, 0]],
    [[0, 1], [7, 0], [1, 0], [1, 0]],
    [[0, 1], [7, 0], [7, 0], [7, 0]],
]
DOC_PRED = [
    [[6, 0], [0, 0], [6, 0], [6, 0]],
    [[0, 0], [0, 0], [6, 0], [0, 1]],
    [[0, 0], [0, 0], [6, 0], [0, 1]],
    [[0, 0], [7, 0], [6, 0], [1, 0]],
    [[0, 0], [7, 0], [7, 0], [7, 0]],
]


def slow_counts(y_true, y_pred, num_classes, ignore_class=255, crowds=(), max_instances=1000):
    """The published rules on sets of pixels, one pair of segments at a time."""

    def segments(panoptic):
        found = {}
        for place, number in np.ndenumerate(panoptic):
            found.setdefault(int(number), set()).add(place)
        void = set()
        for number in list(found):
            if number // max_instances == ignore_class:
                void |= found.pop(number)
        return found, void

    def of(number):
        return number // max_instances

    truth, void = segments(y_true)
    prediction, _ = segments(y_pred)
    crowd_pixels = {k: set() for k in range(num_classes)}
    for number in list(truth):
        if number in crowds:
            crowd_pixels[of(number)] |= truth.pop(number)
    counts = np.zeros((4, num_classes))
    matched_true, matched_pred = set(), set()
    for t, true_pixels in truth.items():
        for p, pred_pixels in prediction.items():
            if of(t) != of(p):
                continue
            iou = len(true_pixels & pred_pixels) / len(true_pixels | (pred_pixels - void))
            if iou > 0.5:
                assert t not in matched_true and p not in matched_pred
                matched_true.add(t)
                matched_pred.add(p)
                counts[0, of(t)] += 1
                counts[3, of(t)] += iou
    for p, pred_pixels in prediction.items():
        unknown = pred_pixels & (void | crowd_pixels[of(p)])
        if p not in matched_pred and len(unknown) / len(pred_pixels) <= 0.5:
            counts[1, of(p)] += 1
    for t in set(truth) - matched_true:
        counts[2, of(t)] += 1
    return counts


def as_rows(counts):
    return np.array([counts.tp, counts.fp, counts.fn, counts.iou_sum])


def random_maps(seed, *, num_classes=3, void=0.0, noise=0.1, size=(12, 15)):
    """Blocks of a few segments; the prediction is the truth moved, with some blocks of something else."""
    rng = np.random.default_rng(seed)
    height, width = size
    blocks = encode_panoptic(rng.integers(0, num_classes, (5, 6)), rng.integers(0, 3, (5, 6)))
    blocks[rng.random(blocks.shape) < void] = VOID
    y_true = blocks.repeat(4, 0).repeat(4, 1)[:height, :width]
    other = encode_panoptic(rng.integers(0, num_classes, (5, 6)), rng.integers(0, 4, (5, 6)))
    other[rng.random(blocks.shape) < void] = VOID
    changed = np.where((blocks == VOID) | (rng.random(blocks.shape) < noise), other, blocks)
    y_pred = np.roll(changed.repeat(4, 0).repeat(4, 1), rng.integers(0, 2, 2), (0, 1))[:height, :width]
    crowds = [number for number in np.unique(y_true).tolist() if number != VOID and rng.random() < 0.25]
    return y_true, y_pred, crowds


def test_the_documentation_example_of_torchmetrics():
    y_true, y_pred = (encode_panoptic(*np.moveaxis(np.array(pairs), -1, 0)) for pairs in (DOC_TRUE, DOC_PRED))
    counts = panoptic_counts(y_true, y_pred, 8)
    assert counts.tp.tolist() == [1, 0, 0, 0, 0, 0, 1, 1]
    assert counts.fp.tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert counts.fn.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert counts.iou_sum[0] == pytest.approx(0.7778, abs=5e-5)
    quality = panoptic_quality(counts, things={0, 1})
    absent = [np.nan] * 4
    np.testing.assert_allclose(quality.pq_per_class, [0.5185, 0, *absent, 0.6667, 1], atol=5e-5)
    np.testing.assert_allclose(quality.sq_per_class, [0.7778, 0, *absent, 0.6667, 1], atol=5e-5)
    np.testing.assert_allclose(quality.rq_per_class, [0.6667, 0, *absent, 1, 1], atol=5e-5)
    assert (quality.pq, quality.sq, quality.rq) == pytest.approx((0.5463, 0.6111, 0.6667), abs=5e-5)
    assert (quality.pq_things, quality.pq_stuff) == pytest.approx((0.5185 / 2, (0.6667 + 1) / 2), abs=5e-5)
    assert (quality.sq_things, quality.sq_stuff) == pytest.approx((0.7778 / 2, (0.6667 + 1) / 2), abs=5e-5)
    assert (quality.rq_things, quality.rq_stuff) == pytest.approx((0.6667 / 2, 1), abs=5e-5)


def counts_of(y_true, y_pred, num_classes=3, **options):
    counts = panoptic_counts(np.array([y_true]), np.array([y_pred]), num_classes, **options)
    return [(*row[:3], round(row[3], 4)) for row in as_rows(counts).T.tolist()]


def test_half_is_not_more_than_half():
    # Class 1: 2 of 4 pixels shared. Class 2: 3 of 5.
    y_true = [1001, 1001, 1001, 0, 2001, 2001, 2001, 2001, 0]
    y_pred = [0, 1001, 1001, 1001, 2001, 2001, 2001, 0, 2001]
    assert counts_of(y_true, y_pred) == [(0, 1, 1, 0), (0, 1, 1, 0), (1, 0, 0, 0.6)]


def test_void_pixels_leave_the_union():
    y_true = [1001, 1001, 1001, VOID, VOID, VOID, VOID, 0]
    y_pred = [1001, 1001, 1001, 1001, 1001, 1001, 1001, 1001]
    assert counts_of(y_true, y_pred)[1] == (1, 0, 0, 0.75)  # 3 of 3 + 1
    # With nothing void, the same pixels are held against the prediction.
    y_true = [pixel if pixel != VOID else 0 for pixel in y_true]
    assert counts_of(y_true, y_pred)[:2] == [(0, 0, 1, 0), (0, 1, 1, 0)]


def test_a_segment_mostly_on_void_is_no_false_alarm():
    y_true = [VOID, VOID, VOID, 0, 0, 0, 0, 0]
    assert counts_of(y_true, [1001, 1001, 1001, 0, 0, 0, 0, 0])[1] == (0, 0, 0, 0)
    assert counts_of(y_true, [0, 1001, 1001, 1001, 0, 0, 0, 0])[1] == (0, 0, 0, 0)  # 2 of 3
    assert counts_of(y_true, [0, 1001, 1001, 1001, 1001, 0, 0, 0])[1] == (0, 1, 0, 0)  # 2 of 4
    assert counts_of(y_true, [1001, 1001, 1001, 0, 0, 0, 0, 0], ignore_class=None, num_classes=256)[1] == (0, 1, 0, 0)


def test_a_crowd_is_neither_found_nor_missed():
    y_true = [1001, 1001, 1001, 1001, 2001, 2001, VOID, 0]
    same = counts_of(y_true, y_true)
    assert same == [(1, 0, 0, 1), (1, 0, 0, 1), (1, 0, 0, 1)]
    assert counts_of(y_true, y_true, crowds=[1001]) == [(1, 0, 0, 1), (0, 0, 0, 0), (1, 0, 0, 1)]
    # Objects of its class may be seen in it, others not.
    y_pred = [1002, 1002, 2003, 2003, 2001, 2001, VOID, 0]
    assert counts_of(y_true, y_pred, crowds=[1001]) == [(1, 0, 0, 1), (0, 0, 0, 0), (1, 1, 0, 1)]
    # Crowd of its class and void add up: 2 + 1 of 5 pixels.
    y_pred = [0, 0, 1005, 1005, 1005, 1005, 1005, 0]
    assert counts_of(y_true, y_pred, crowds=[1001])[1] == (0, 0, 0, 0)
    assert counts_of(y_true, y_pred, crowds=[2001])[1] == (0, 1, 1, 0)
    # The crowd's pixels stay in the union of a segment that reaches into it.
    assert counts_of(y_true, [0, 0, 0, 2001, 2001, 2001, VOID, 0], crowds=[1001])[2] == (1, 0, 0, 0.6667)


def test_void_in_the_prediction_belongs_to_no_segment():
    y_true = [1001, 1001, 1001, 1001, 2001, 2001, VOID, 0]
    y_pred = [1001, 1001, 1001, VOID, VOID, VOID, VOID, VOID]
    assert counts_of(y_true, y_pred) == [(0, 0, 1, 0), (1, 0, 0, 0.75), (0, 0, 1, 0)]


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    void=st.sampled_from([0, 0.1, 0.5]),
    noise=st.sampled_from([0, 0.1, 0.4]),
    dtype=st.sampled_from([np.int32, np.int64, np.uint32, np.uint64]),
)
def test_equals_the_published_rules_on_sets_of_pixels(seed, void, noise, dtype):
    y_true, y_pred, crowds = random_maps(seed, void=void, noise=noise)
    y_true, y_pred = y_true.astype(dtype), y_pred.astype(dtype)
    before = y_true.copy(), y_pred.copy()
    counts = panoptic_counts(y_true, y_pred, 3, crowds=crowds)
    np.testing.assert_allclose(as_rows(counts), slow_counts(y_true, y_pred, 3, crowds=crowds))
    np.testing.assert_array_equal((y_true, y_pred), before)


def test_the_random_maps_meet_every_rule():
    met = np.zeros(4)
    for seed in range(20):
        y_true, y_pred, crowds = random_maps(seed, void=0.1)
        counts = slow_counts(y_true, y_pred, 3, crowds=crowds)
        met += counts.sum(axis=1)
        strict = slow_counts(y_true, y_pred, 256, ignore_class=None)
        assert not np.array_equal(strict[:, :3], counts)
    assert (met > 20).all()


@pytest.mark.parametrize("max_instances", [10, 1000, 10_000_000])
def test_sorting_instead_of_tables_changes_nothing(monkeypatch, max_instances):
    y_true, y_pred, crowds = random_maps(1, void=0.2)
    wide = [
        np.where(ids == VOID, 9 * max_instances, ids // 1000 * max_instances + ids % 1000) for ids in (y_true, y_pred)
    ]
    crowds = [number // 1000 * max_instances + number % 1000 for number in crowds]
    options = {"ignore_class": 9, "crowds": crowds, "max_instances": max_instances}
    expected = slow_counts(*wide, 3, **options)
    np.testing.assert_allclose(as_rows(panoptic_counts(*wide, 3, **options)), expected)
    monkeypatch.setattr(module, "_TABLE", 3)
    np.testing.assert_allclose(as_rows(panoptic_counts(*wide, 3, **options)), expected)


def test_the_numbers_of_instances_do_not_matter():
    y_true, y_pred, crowds = random_maps(2, void=0.1)
    renumbered = y_pred + np.where(y_pred % 1000 > 0, 40, 0)
    expected = as_rows(panoptic_counts(y_true, y_pred, 3, crowds=crowds))
    np.testing.assert_array_equal(as_rows(panoptic_counts(y_true, renumbered, 3, crowds=crowds)), expected)


def test_counts_add_up_over_images():
    parts = [panoptic_counts(*random_maps(seed)[:2], 3) for seed in range(4)]
    total = sum(parts)
    np.testing.assert_allclose(as_rows(total), sum(as_rows(part) for part in parts))
    np.testing.assert_allclose(as_rows(parts[0] + parts[1]), as_rows(parts[0]) + as_rows(parts[1]))
    assert total.tp.dtype == total.fp.dtype == total.fn.dtype == np.int64
    # PQ of the sum, not the mean of the images' PQ.
    of_images = np.mean([panoptic_quality(part).pq for part in parts])
    assert panoptic_quality(total).pq != pytest.approx(of_images)
    np.testing.assert_allclose(
        panoptic_quality(total).pq_per_class, total.iou_sum / (total.tp + (total.fp + total.fn) / 2)
    )


def test_a_class_without_a_segment_leaves_the_means():
    counts = PanopticCounts(np.array([2, 0, 0]), np.array([0, 0, 1]), np.array([0, 0, 3]), np.array([1.5, 0, 0]))
    quality = panoptic_quality(counts, things=np.array([1, 2]))
    np.testing.assert_array_equal(quality.pq_per_class, [0.75, np.nan, 0])
    np.testing.assert_array_equal(quality.sq_per_class, [0.75, np.nan, 0])
    np.testing.assert_array_equal(quality.rq_per_class, [1, np.nan, 0])
    assert (quality.pq, quality.sq, quality.rq) == (0.375, 0.375, 0.5)
    assert (quality.pq_things, quality.pq_stuff, quality.rq_stuff) == (0, 0.75, 1)
    assert np.isnan(panoptic_quality(counts, things=[1]).pq_things)
    untold = panoptic_quality(counts)
    assert np.isnan([untold.pq_things, untold.sq_things, untold.rq_things]).all()
    assert np.isnan([untold.pq_stuff, untold.sq_stuff, untold.rq_stuff]).all()
    assert panoptic_quality(counts, things=[]).pq_stuff == quality.pq
    assert isinstance(quality.pq, float)


@pytest.mark.filterwarnings("error")
def test_nothing_to_count_is_nan_without_a_warning():
    for y_true in (np.full((3, 4), VOID), np.zeros((0, 4), int), np.zeros((3, 0), int)):
        counts = panoptic_counts(y_true, y_true, 2)
        assert as_rows(counts).tolist() == [[0, 0]] * 4
        quality = panoptic_quality(counts, things=[1])
        assert np.isnan([quality.pq, quality.sq, quality.rq, quality.pq_things, quality.pq_stuff]).all()


def test_errors():
    square = np.zeros((4, 4), int)
    with pytest.raises(InputError, match=r"shape \(H, W\), got \(1, 4, 4\).*Add the counts"):
        panoptic_counts(square[None], square[None], 2)
    with pytest.raises(InputError, match="same shape"):
        panoptic_counts(square, square[:2], 2)
    with pytest.raises(InputError, match=r"y_true must hold categories in \[0, 2\) .* got id 2005 of category 2"):
        panoptic_counts(square + 2005, square, 2)
    with pytest.raises(InputError, match=r"y_pred must hold categories .* got id -1 of category -1"):
        panoptic_counts(square, square - 1, 2)
    with pytest.raises(InputError, match=r"got id 255000 of category 255\. Set num_classes or ignore_class"):
        panoptic_counts(square + VOID, square, 2, ignore_class=0)
    with pytest.raises(TypeError, match="integer type"):
        panoptic_counts(square * 1.0, square, 2)
    with pytest.raises(InputError, match="num_classes must be at least 1"):
        panoptic_counts(square, square, 0)
    with pytest.raises(InputError, match=r"crowds must be ids in y_true, got 7, which no pixel has"):
        panoptic_counts(square, square + 7, 2, crowds=np.array([0, 7]))
    counts = panoptic_counts(square, square, 2)
    with pytest.raises(InputError, match=r"things must lie in \[0, 2\), got 2"):
        panoptic_quality(counts, things=[0, 2])
    with pytest.raises(InputError, match="same classes to be added, got 2 and 3"):
        counts + panoptic_counts(square, square, 3)
    with pytest.raises(TypeError):
        counts + 1
    with pytest.raises(TypeError):
        1 + counts


@pytest.mark.parametrize("seed", range(8))
def test_equals_torchmetrics_where_both_are_defined(seed):
    """Without crowds and without void in the prediction, where torchmetrics has a rule of its own."""
    torch = pytest.importorskip("torch")
    detection = pytest.importorskip("torchmetrics.detection")
    y_true, y_pred, _ = random_maps(seed, num_classes=4, void=0.15)
    y_pred[y_pred == VOID] = 1003
    y_true, y_pred = (np.where(ids // 1000 > 1, ids // 1000 * 1000, ids) for ids in (y_true, y_pred))  # 2, 3: stuff
    peer = detection.PanopticQuality({0, 1}, {2, 3}, return_sq_and_rq=True, return_per_class=True)
    pairs = [torch.from_numpy(np.stack(np.divmod(ids, 1000), -1)[None]) for ids in (y_pred, y_true)]
    quality = panoptic_quality(panoptic_counts(y_true, y_pred, 4), things={0, 1})
    ours = np.stack([quality.pq_per_class, quality.sq_per_class, quality.rq_per_class], -1)
    np.testing.assert_allclose(np.nan_to_num(ours), np.nan_to_num(peer(*pairs).numpy().reshape(4, 3)), atol=1e-6)


PERSON, BALL, TREE, SKY, GRASS = 1, 37, 184, 187, 193


@pytest.fixture(scope="module")
def coco(data_dir):
    """Panoptic map and crowd ids of each of the two images, by the number in its name, and the things."""
    folder = data_dir / "coco_panoptic_sample"
    listed = json.loads((folder / "panoptic.json").read_text(encoding="utf-8"))
    things = {category["id"] for category in listed["categories"] if category["isthing"]}
    maps = {}
    for entry in listed["annotations"]:
        ids = rgb_to_ids(np.asarray(Image.open(folder / "panoptic" / entry["file_name"])))
        maps[entry["image_id"]] = panoptic_from_segments(ids, entry["segments_info"], things=things)
    return maps, things


@pytest.mark.data
def test_coco_sample_against_itself(coco):
    maps, things = coco
    total = sum(panoptic_counts(panoptic, panoptic, 201, crowds=crowds) for panoptic, crowds in maps.values())
    quality = panoptic_quality(total, things=things)
    assert (quality.pq, quality.sq, quality.rq, quality.pq_things, quality.pq_stuff) == (1, 1, 1, 1, 1)
    assert total.tp.sum() == 18 + 32 - 3  # all segments but the three crowds
    assert (total.tp[PERSON], total.tp[BALL], total.tp[TREE]) == (13 + 13, 1, 2)


# Areas are those of the file's list: persons 1001 (3528) and 1002 (3751), ball 175, sky 8204, grass 75100,
# tree 130762, a crowd of persons (24295); 2712 pixels are void.
@pytest.mark.data
@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ("the ball becomes sky", {BALL: (0, 0, 1, 0), SKY: (1, 0, 0, 8204 / (8204 + 175))}),
        ("the ball becomes a person", {BALL: (0, 0, 1, 0), PERSON: (13, 1, 0, 13)}),
        ("the tree becomes grass", {TREE: (0, 0, 1, 0), GRASS: (0, 1, 1, 0)}),
        ("the grass becomes tree", {TREE: (1, 0, 0, 130762 / (130762 + 75100)), GRASS: (0, 0, 1, 0)}),
        ("two persons become one", {PERSON: (12, 0, 1, 11 + 3751 / (3528 + 3751))}),
        ("the tree is not labeled", {TREE: (0, 0, 1, 0)}),
        ("void becomes ball", {}),
        ("void becomes a person more", {}),
        ("the crowd becomes two persons", {}),
        ("the crowd becomes a ball more", {BALL: (1, 1, 0, 1)}),
        ("the crowd joins the ball", {BALL: (0, 1, 1, 0)}),
        ("the crowd joins the tree", {TREE: (1, 0, 0, 130762 / (130762 + 24295))}),
    ],
)
def test_coco_sample_after_named_edits(coco, edit, expected):
    y_true, crowds = coco[0][142238]
    (crowd,) = crowds
    ball, tree, grass = 37001, TREE * 1000, GRASS * 1000
    left = np.arange(y_true.shape[1]) < 320
    where, new = {
        "the ball becomes sky": (y_true == ball, SKY * 1000),
        "the ball becomes a person": (y_true == ball, 1099),
        "the tree becomes grass": (y_true == tree, grass),
        "the grass becomes tree": (y_true == grass, tree),
        "two persons become one": (y_true == 1002, 1001),
        "the tree is not labeled": (y_true == tree, VOID),
        "void becomes ball": (y_true == VOID, ball),
        "void becomes a person more": (y_true == VOID, 1099),
        "the crowd becomes two persons": ((y_true == crowd) & left, 1099),
        "the crowd becomes a ball more": (y_true == crowd, 37002),
        "the crowd joins the ball": (y_true == crowd, ball),
        "the crowd joins the tree": (y_true == crowd, tree),
    }[edit]
    assert where.any()
    counts = panoptic_counts(y_true, np.where(where, new, y_true), 201, crowds=crowds)
    perfect = {PERSON: 13, BALL: 1, TREE: 1, SKY: 1, GRASS: 1}
    for category, found in perfect.items():
        row = tuple(as_rows(counts)[:, category])
        assert row == pytest.approx(expected.get(category, (found, 0, 0, found))), category
    assert as_rows(counts)[:3].sum() == as_rows(counts)[:3, list(perfect)].sum()
