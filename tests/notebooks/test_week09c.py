"""What lesson 9c says in numbers."""

import ast
from pathlib import Path

import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.metrics import boundary_iou, mask_ap

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "course" / "week09c_average_precision.ipynb"
SOURCES = {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}
DEFINING = ("toy", "overlap", "match", "curve", "average-precision", "ten", "data", "from-scratch", "break-match")


@pytest.fixture(scope="module")
def lesson():
    """What the cells of the lesson define, without what they draw and print."""
    found = {"np": np}
    for cell in DEFINING:
        for node in ast.parse(SOURCES[cell].replace("%matplotlib inline", "")).body:
            constant = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()").isupper()
            if constant or isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), found)
    return found


def one_class(masks, scores=None):
    image = {"masks": np.asarray(masks), "classes": [0] * len(masks)}
    return image if scores is None else image | {"scores": scores}


@pytest.mark.parametrize(
    ("name", "ap", "ap50", "ap75"),
    [
        ("toy", 0.7030, 0.8350, 0.8350),
        ("false one last", 0.8020, 1.0, 1.0),
        ("only one", 0.50495, 0.50495, 0.50495),
        ("duplicate", 0.7030, 0.8350, 0.8350),
    ],
)
def test_four_networks(lesson, name, ap, ap50, ap75):
    masks = np.array(lesson["NETWORKS"][name])
    values = lesson["ap_by_threshold"](masks, lesson["TRUTH"])
    assert [values.mean(), values[0], values[5]] == pytest.approx([ap, ap50, ap75], abs=5e-5)
    library = mask_ap([one_class(lesson["TRUTH"])], [one_class(masks, np.linspace(0.9, 0.7, len(masks)))])
    np.testing.assert_allclose([values.mean(), values[0], values[5]], [library.ap, library.ap50, library.ap75])


def test_the_corner_leaves_three_quarters(lesson):
    iou = lesson["mask_iou"](np.array([lesson["EXACT"], lesson["NOTHING"], lesson["PART"]]), lesson["TRUTH"])
    assert iou.tolist() == [[1, 0], [0, 0], [0, 0.75]]
    assert [lesson["match"](iou, threshold).tolist() for threshold in (0.75, 0.8)] == [[0, -1, 1], [0, -1, -1]]


def test_greedy_finds_one_of_two(lesson):
    assert lesson["match"](np.array([[0.60, 0.55], [0.90, 0.00]]), 0.5).tolist() == [0, -1]


def test_the_tail_is_free(lesson):
    short, long = ([1, 0, 1] + [0] * more for more in (0, 100))
    values = [lesson["read_at_recalls"](hits, wanted=2).mean() for hits in (short, long)]
    assert values[0] == values[1] == pytest.approx((51 + 50 * 2 / 3) / 101)
    means = [lesson["precision_recall"](hits, wanted=2)[0] for hits in (short, long)]
    assert means[0].mean() == pytest.approx(0.7222, abs=5e-5)
    assert means[1][-1] == pytest.approx(0.02, abs=0.001)


def test_quiz(lesson):
    assert lesson["read_at_recalls"]([1, 1, 0], wanted=4).mean() == pytest.approx(51 / 101)


@pytest.fixture(scope="module")
def data(lesson):
    _, instances = lesson["synthetic"].cells(12, size=(96, 128), seed=5, split="val")
    truth = [one_class(one == np.arange(1, one.max() + 1)[:, None, None]) for one in instances]
    rngs = [np.random.default_rng(seed) for seed in range(len(truth))]
    answers = [lesson["imagined_network"](one["masks"], rng) for one, rng in zip(truth, rngs, strict=True)]
    return truth, answers


def test_from_scratch_is_the_library(lesson, data):
    mine, library = lesson["coco_ap"](*data), mask_ap(*data)
    np.testing.assert_allclose(mine, library.precision[..., 0, 0].mean(axis=1), rtol=0, atol=1e-12)
    assert 0.2 < library.ap < 0.8


def test_cells_are_small_and_scores_are_timid(data):
    truth, answers = data
    assert max(one["masks"].sum(axis=(1, 2)).max() for one in truth) < 32**2
    scores = np.concatenate([answer["scores"] for answer in answers])
    assert np.mean(scores < 0.6) > 0.5
    assert max(len(one["masks"]) for one in answers) < 100


def test_crowd_rule(lesson):
    square, exact = lesson["square"], lesson["EXACT"]
    crowd = np.zeros((40, 40), bool)
    crowd[2:22, 18:38] = True
    inside = [square(row, col, side=8) for row, col in ((3, 19), (3, 29), (13, 24))]
    assert all(np.all(crowd[mask]) for mask in inside)
    answer = one_class([*inside, exact], [0.9, 0.8, 0.7, 0.6])
    both = one_class([exact, crowd])
    cases = [both | {"crowd": [False, True]}, both, one_class([exact])]
    values = [mask_ap([case], [answer]).ap50 for case in cases]
    assert values == pytest.approx([1, 51 / 4 / 101, 0.25])
    assert values[1] == pytest.approx(0.1262, abs=5e-5)


def test_a_large_disc_one_pixel_too_small():
    radius = np.hypot(*(np.indices((128, 128)) - 64))
    disc, smaller = radius < 45, radius < 44
    assert mask_ap([one_class(disc[None])], [one_class(smaller[None], [0.9])]).ap == 1
    assert boundary_iou(disc.astype(int), smaller.astype(int), 2, distance=1)[1] < 0.15


def test_number_zero(lesson):
    values = {}
    for count in (1, 7):
        for first in (0, 1):
            hits = lesson["hits_by_id"](np.eye(count), np.arange(count) + first, 0.5)
            values[count, first] = lesson["read_at_recalls"](hits, count).mean()
    assert values[7, 0] == pytest.approx(86 / 101 * 6 / 7)
    assert values[7, 0] == pytest.approx(0.7298, abs=1e-4)
    assert values[1, 0] == 0
    assert values[1, 1] == values[7, 1] == 1
