"""Week 7c: what the lesson says in numbers."""

import numpy as np
import pytest

from seglab import crf, metrics, postprocess
from seglab.datasets import synthetic
from seglab.datasets.vessels import vessels
from seglab.widgets.crf_sliders import coarse_probs

UNARY, WEIGHTS = -np.log([[0.8, 0.2], [0.4, 0.6]]), np.array([[0.0, 1.0], [1.0, 0.0]])
COLOR = {"appearance_weight": 10, "theta_alpha": 15, "theta_beta": 20, "fineness": (1, 1)}
NEAR = {"smoothness_weight": 1, "theta_gamma": 1}


def quality(truth, labels):
    iou = metrics.mean_iou(metrics.confusion_matrix(truth, labels, 4))
    return iou, np.nanmean(metrics.boundary_iou(truth, labels, 4))


def noisy_street():
    images, maps = synthetic.shapes(1, size=(64, 96), seed=8)
    truth = maps[0].astype(int)
    scores = np.exp(1.6 * np.eye(4)[truth] + np.random.default_rng(0).normal(size=(64, 96, 4)))
    return images[0], truth, (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)


def coarse_shapes():
    images, maps = synthetic.shapes(1, size=(48, 64), seed=2, split="test")
    return images[0], maps[0].astype(int), coarse_probs(maps[0].astype(int), 4)


def test_two_pixels_by_hand():
    labelings = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    costs = np.array([crf.energy(labels, UNARY, WEIGHTS) for labels in labelings])
    np.testing.assert_allclose(costs, [1.1394, 1.7340, 2.1203, 3.5257], atol=5e-5)
    first, later = (crf.mean_field(UNARY, lambda q: WEIGHTS @ q, iterations=n)[:, 0] for n in (1, 8))
    np.testing.assert_allclose(first, [0.7661, 0.5485], atol=5e-5)
    chances = np.exp(-costs) / np.exp(-costs).sum()
    exact = np.array([chances[:2].sum(), chances[[0, 3]].sum()])
    assert first[0] < 0.8 < later[0]  # less sure in the first step, surer in the end
    assert (later > exact).all() and (later - exact).max() < 0.06  # a little too sure


def test_noise_is_what_a_crf_is_made_for():
    image, truth, noisy = noisy_street()
    near = {"smoothness_weight": 3, "theta_gamma": 1}
    before, smooth, color = (
        quality(truth, probs.argmax(axis=-1))[0]
        for probs in (
            noisy,
            crf.dense_crf(noisy, image, appearance_weight=0, **near),
            crf.dense_crf(noisy, image, smoothness_weight=0, **COLOR),
        )
    )
    assert before < 0.4 and smooth > before + 0.3 and color > smooth + 0.1


def test_contours_come_back_and_the_ring_does_not():
    image, truth, coarse = coarse_shapes()
    refined = crf.dense_crf(coarse, image, **NEAR, **COLOR).argmax(axis=-1)
    (iou, edge), (new_iou, new_edge) = quality(truth, coarse.argmax(axis=-1)), quality(truth, refined)
    assert new_edge - edge > 1.5 * (new_iou - iou) > 0.2
    ring = (truth == 1) & (np.arange(48)[:, None] > 30)
    assert ring.sum() > 60 and not refined[ring].any()


def test_classes_are_columns_without_a_name():
    image, _, coarse = coarse_shapes()
    order = [0, 2, 1, 3]
    refined, swapped = (crf.dense_crf(probs, image, **NEAR, **COLOR) for probs in (coarse, coarse[..., order]))
    np.testing.assert_allclose(swapped[..., order], refined, atol=1e-5)


def test_who_is_sure_cannot_be_persuaded():
    image, _, coarse = coarse_shapes()
    labels = coarse.argmax(axis=-1)
    again = crf.dense_crf(np.eye(4, dtype=np.float32)[labels], image, **NEAR, **COLOR).argmax(axis=-1)
    np.testing.assert_array_equal(again, labels)
    assert (crf.dense_crf(coarse, image, **NEAR, **COLOR).argmax(axis=-1) != labels).sum() > 50


@pytest.mark.parametrize("seed", [0, 1])
def test_vessels_are_eaten(seed):
    from scipy import ndimage

    images, maps = vessels(1, size=64, seed=seed)
    truth = maps[0] > 0
    blurred = np.clip(1.6 * ndimage.gaussian_filter(truth.astype(float), 1), 0, 1)
    found = (0.15 + 0.8 * blurred + np.random.default_rng(0).normal(0, 0.08, truth.shape)).clip(0.02, 0.98)
    kept = crf.dense_crf(found[..., None], images[0], **NEAR, **COLOR)[..., 0] > 0.5
    before, after = ((truth & mask).sum() / (truth | mask).sum() for mask in (found > 0.5, kept))
    assert before > 0.5 and after < 0.25


def test_a_wrong_layout_has_the_right_shape():
    image, truth, noisy = noisy_street()
    tables = noisy.reshape(4, -1), noisy.transpose(2, 0, 1).reshape(4, -1)
    assert tables[0].shape == tables[1].shape
    scores = []
    for table in tables:
        probs = table.T.reshape(64, 96, 4)
        probs = probs / probs.sum(axis=-1, keepdims=True)
        scores.append(quality(truth, crf.dense_crf(probs, image, **NEAR, **COLOR).argmax(axis=-1))[0])
        same = (crf.dense_crf(probs, image, iterations=0).argmax(axis=-1) == noisy.argmax(axis=-1)).all()
        assert same == (table is tables[1])  # the test with 0 iterations finds it
    assert scores[0] < 0.25 < 0.9 < scores[1]


def test_opening_and_closing_do_not_commute():
    spots = np.zeros((7, 11), bool)
    spots[2:5, 2:5], spots[3, 3], spots[3, 9] = True, False, True
    plus = np.zeros_like(spots)
    plus[2:5, 3] = plus[3, 2:5] = True
    np.testing.assert_array_equal(postprocess.opening(postprocess.closing(spots)), plus)
    assert not postprocess.closing(postprocess.opening(spots)).any()


def test_components_merge_nothing():
    diagonal = np.eye(3, dtype=int)
    assert [int(postprocess.components(diagonal, neighbors=n).max()) for n in (4, 8)] == [3, 1]
    two = np.array([[1, 1, 0, 1, 1], [1, 1, 0, 1, 1], [0, 0, 0, 2, 2]])
    assert postprocess.components(two).tolist() == [[1, 1, 0, 2, 2], [1, 1, 0, 2, 2], [0, 0, 0, 3, 3]]


def test_an_outline_is_small_until_it_is_filled():
    outline = np.zeros((11, 16), bool)
    outline[2:7, 2:7], outline[3:6, 3:6], outline[8, 11:14] = True, False, True
    assert not postprocess.fill_holes(postprocess.remove_small(outline, 20)).any()
    kept = postprocess.remove_small(postprocess.fill_holes(outline), 20)
    assert kept.sum() == 25 and kept[2:7, 2:7].all()


def test_the_watershed_cuts_more_than_components_and_too_much_at_a_waist():
    _, maps = synthetic.cells(1, size=80, seed=15)
    mask = maps[0] > 0
    truth = len(np.unique(maps)) - 1
    assert postprocess.components(mask).max() < postprocess.split_touching(mask).max() < truth
    row, col = np.mgrid[:40, :64]
    waist = np.hypot(row - 20, (col - 20) / 1.2) < 11
    waist |= np.hypot(row - 20, (col - 44) / 1.2) < 11
    assert postprocess.components(waist).max() == 1 and postprocess.split_touching(waist).max() == 2
