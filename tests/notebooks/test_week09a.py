"""What lesson 9a says in numbers."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest

from seglab.authoring import notebooks
from seglab.box_layers import kept_by_nms
from seglab.boxes import box_iou, nms
from seglab.datasets.instances import load_instances
from seglab.metrics import mask_ap
from seglab.models.yolact import yolact

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "course" / "week09a_prototypes.ipynb"
SOURCES = {cell["id"]: cell["source"] for cell in notebooks.read(LESSON)["cells"]}
DEFINING = ("hand", "fit", "patterns", "circle", "crop", "stride", "who", "fast-nms", "break-order", "break-negative")


@pytest.fixture(scope="module")
def lesson():
    """What the cells of the lesson define, without what they draw and print."""
    found = {"np": np}
    for cell in DEFINING:
        for node in ast.parse(SOURCES[cell]).body:
            constant = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()").isupper()
            if constant or isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), found)
    exec(SOURCES["hand"].split("def mix")[0], found)
    exec(SOURCES["toy"].split("show_maps")[0], found)
    return found


def test_the_mask_by_hand(lesson):
    logits = lesson["mix"](np.array([lesson["P1"], lesson["P2"]]), np.array([[1.0, -1.0]]))[0]
    assert logits.tolist() == [[2, 0], [0, -2]]
    np.testing.assert_allclose(lesson["sigmoid"](logits), [[0.8808, 0.5], [0.5, 0.1192]], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "coefficients", "mixture", "best"),
    [
        ("quarter", (-0.5, -1.5, 1, 0), 1, 1),
        ("right of ring", None, 1, 1),
        ("all but ring", (1, 1, 0, -2), 1, 1),
        ("disk", None, 0.75, 0.75),
        ("hole", None, 0, 0.17),
        ("opposite quarters", (0, 0, 0, 0), 0, 1),
    ],
)
def test_what_four_prototypes_can_write(lesson, name, coefficients, mixture, best):
    prototypes, mask = lesson["prototypes"], lesson["wanted"][name]
    found, _, written = lesson["write"](prototypes, mask)
    if coefficients is not None:
        np.testing.assert_allclose(found, coefficients, atol=1e-9)
    assert round(lesson["iou"](written, mask), 2) == mixture
    assert round(lesson["best_possible"](prototypes, mask), 2) == best


def test_no_sum_writes_opposite_quarters(lesson):
    """Every coefficient on a fine grid leaves a pixel wrong; upper left, upper right, lower left, lower right."""
    side = np.linspace(-1, 1, 41)
    left, right, top = np.meshgrid(side, side, side)
    assert not np.any((left + top > 0) & (right + top <= 0) & (left <= 0) & (right > 0))


@pytest.mark.parametrize(("count", "margin"), [(3, 0.6), (12, 0.0291), (48, 0.0018)])
def test_three_prototypes_keep_any_number_of_objects_apart(lesson, count, margin):
    values, coefficients = lesson["circle"](count)
    logits = values @ coefficients.T
    assert values.min() >= 0 and np.abs(coefficients).max() <= 1
    assert np.array_equal(logits > 0, np.eye(count, dtype=bool))
    assert round(np.diag(logits).min(), 4) == margin


def test_the_stride_is_a_ceiling(lesson):
    truth = load_instances("cells", split="test", count=24).truth()
    ap = {}
    for stride in (1, 2, 4, 8):
        masks = [lesson["through"](one["masks"], stride) for one in truth]
        kept = [one | {"masks": mask, "scores": np.ones(len(mask))} for one, mask in zip(truth, masks, strict=True)]
        ap[stride] = mask_ap(truth, kept).ap
    assert ap[1] == 1
    np.testing.assert_allclose([ap[2], ap[4], ap[8]], [0.878, 0.541, 0.033], atol=0.002)


def test_enlarging_is_what_the_network_does(lesson):
    maps = np.random.default_rng(0).normal(size=(3, 6, 5)).astype("float32")
    expected = keras.ops.image.resize(np.moveaxis(maps, 0, 2)[None], (24, 20), interpolation="bilinear")
    expected = np.moveaxis(keras.ops.convert_to_numpy(expected)[0], 2, 0)
    np.testing.assert_allclose(lesson["enlarge"](maps, 4), expected, atol=1e-5)


def test_who_has_how_many_weights(lesson):
    model = yolact((64, 64, 3), 1)
    sizes = {part: lesson["weights_of"](model, starts) for part, starts in lesson["PARTS"].items()}
    assert list(sizes.values()) == [30540, 14016, 2598, 10392, 31176, 33]
    assert model.output["coefficients"].shape == (None, 1536, 12)
    assert model.output["prototypes"].shape == (None, 32, 32, 12)


def test_fast_nms_is_one_round_of_the_layer(lesson):
    rng = np.random.default_rng(1)
    corner = rng.uniform(0, 30, (40, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 15, (40, 2))], axis=1)
    iou = box_iou(boxes, boxes)
    fast = lesson["fast_nms"](iou, 0.4)
    layer = keras.ops.convert_to_numpy(kept_by_nms(iou[None].astype("float32"), 0.4, rounds=1))[0]
    assert np.array_equal(fast, layer.astype(bool))
    assert set(np.flatnonzero(fast)) < set(nms(boxes, np.linspace(1, 0.1, 40), threshold=0.4))


@pytest.mark.parametrize(
    ("value", "threshold", "cut_first", "pixels"),
    [(1, 0, False, 6400), (1, 0, True, 6400 + 656), (0.75, 0.5, False, 6400), (0.75, 0.5, True, 6084)],
)
def test_the_order_of_cut_and_enlargement(lesson, value, threshold, cut_first, pixels):
    assert lesson["assembled"](float(value), threshold, cut_first).sum() == pixels


def test_a_negative_border_clears_the_mask(lesson):
    person = np.zeros((40, 40), bool)
    person[:20, 10:20] = True
    assert lesson["crop_by_slices"](person, (-3, 10, 20, 20)).sum() == 0
    assert lesson["crop_by_slices"](person, (0, 10, 20, 20)).sum() == 200
    assert np.array_equal(lesson["crop"](person[None], [(-3, 10, 20, 20)])[0], person)
    assert lesson["crop"](np.ones((1, 40, 40), bool), [(-3, 10, 20, 50)]).sum() == 20 * 30
