"""What lesson 10d says in numbers."""

import ast
import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from seglab.authoring import notebooks

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "course" / "week10d_outlook.ipynb"
SOURCES = {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}
DEFINING = (
    "scene", "patches", "attention", "contest-scenes", "networks-transformer", "masks-hand", "matching", "no-nms",
    "train-prompt", "candidates", "break-sizes", "break-positions",
)  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    """What the cells of the lesson define, without what they draw, print and train."""
    found = {"np": np}
    for cell in DEFINING:
        for node in ast.parse(SOURCES[cell].replace("%matplotlib inline", "")).body:
            constant = (
                isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()").replace(", ", "").isupper()
            )
            if constant or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), found)
    return found


def test_tokens_are_patches_in_reading_order(lesson):
    image = np.arange(4 * 4 * 2).reshape(4, 4, 2)
    tokens = lesson["to_tokens"](image, 2)
    assert tokens.shape == (4, 8)
    assert tokens[1].tolist() == [4, 5, 6, 7, 12, 13, 14, 15]  # rows 0 and 1, columns 2 and 3
    assert np.array_equal(lesson["to_image"](tokens, 2), image)


def test_attention_by_hand(lesson):
    keys = np.array([[2.0, 0], [2, 0], [0, 2]])
    answers, weights = lesson["attention"](keys, keys, np.array([[10.0], [20], [90]]))
    high = np.exp(4 / np.sqrt(2))
    np.testing.assert_allclose(weights[0], np.array([high, high, 1]) / (2 * high + 1))
    np.testing.assert_allclose(answers[0], (30 * high + 90) / (2 * high + 1))


def test_a_query_that_says_nothing_still_names_its_pixels(lesson):
    exec(SOURCES["masks-hand"].split("print")[0], lesson)
    low, high = 1 / (1 + np.exp(3)), 1 / (1 + np.exp(-3))
    np.testing.assert_allclose(lesson["semantic"][:, 5], [0.9 * low + 0.02 * high + 0.1 * low,
                                                          0.05 * low + 0.18 * high + 0.8 * low])  # fmt: skip
    assert lesson["semantic"].argmax(axis=0).tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(("matched", "speaks"), [(False, [0, 1, 2]), (True, [0, 2])])
def test_matching_silences_the_duplicate(lesson, matched, speaks):
    overlap = np.array([[0.90, 0.0], [0.85, 0.0], [0.0, 0.80], [0.1, 0.1]])
    assert np.flatnonzero(lesson["train_scores"](overlap, matched) > 0.5).tolist() == speaks


def test_the_loss_matches_candidates_in_any_order(lesson):
    rng = np.random.default_rng(0)
    levels = (rng.random((2, 8, 8, 3)) < 0.4).astype("float32")
    truth = np.concatenate([levels[..., :1], levels], axis=-1)
    losses = []
    for order in itertools.permutations(range(3)):
        logits = 20 * np.concatenate([levels[..., :1], levels[..., order]], axis=-1) - 10
        losses.append(ops.convert_to_numpy(lesson["prompt_loss"](truth, logits)))
    np.testing.assert_allclose(losses, 0, atol=1e-3)
    twice = 20 * np.concatenate([levels[..., :1], levels[..., [0, 0, 1]]], axis=-1) - 10
    assert ops.convert_to_numpy(lesson["prompt_loss"](truth, twice)).min() > 1


def test_stability_by_hand(lesson):
    logits = np.array([[2.0, 0.5], [-0.5, -2]])[..., None]
    assert lesson["stability"](logits).tolist() == [1 / 3]


@pytest.mark.parametrize(
    ("size", "patch", "failing"),
    [(224, 14, []), (224, 16, [976, 1840, 1952]), (518, 14, [546, 602, 1092, 1204, 1610, 1722])],
)
def test_the_sizes_of_the_pull_request_fail(lesson, size, patch, failing):
    assert lesson["failing_sizes"](size, patch) == failing


def test_order_matters_only_with_positions(lesson):
    keras.utils.set_random_seed(0)
    right, broken = lesson["transformer"](), lesson["transformer"](positions=lesson["NoPositions"])
    broken.set_weights(right.get_weights())
    image = np.random.default_rng(0).random((32, 32, 3)).astype("float32")
    order = np.random.default_rng(1).permutation(64)
    assert lesson["order_matters"](right, image, order) > 1e-3
    assert lesson["order_matters"](broken, image, order) < 1e-4
