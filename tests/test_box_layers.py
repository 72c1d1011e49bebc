"""What detection networks share gives what the readable NumPy twins give, and stays finite where it must."""

import numpy as np
import pytest
from keras import ops

from seglab import box_layers, boxes, roi

SIZE = (48, 64)


def random_boxes(rng, *shape):
    first = rng.uniform(0, 40, (*shape, 2))
    return np.concatenate([first, first + rng.uniform(1, 20, (*shape, 2))], axis=-1).astype("float32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_overlap_and_coding_are_their_twins():
    rng = np.random.default_rng(0)
    some, others = random_boxes(rng, 2, 7), random_boxes(rng, 2, 5)
    for image in range(2):
        iou = boxes.box_iou(some[image], others[image])
        np.testing.assert_allclose(numpy(box_layers.box_iou(some, others))[image], iou, atol=1e-5)
        offsets = boxes.encode_boxes(some[image, :5], others[image])
        coded = box_layers.encode_boxes(some[:, :5], others)
        np.testing.assert_allclose(numpy(coded)[image], offsets, atol=1e-4)
        decoded = boxes.decode_boxes(some[image, :5], offsets * 3, SIZE)
        np.testing.assert_allclose(
            numpy(box_layers.decode_boxes(some[:, :5], coded * 3, SIZE))[image], decoded, atol=1e-2
        )


def test_boxes_of_masks_are_their_twins():
    masks = np.random.default_rng(1).random((2, 9, 12, 17)) < 0.01
    masks[1, 4] = False
    found = numpy(box_layers.mask_boxes(masks))
    assert found.tolist() == [boxes.mask_boxes(one).tolist() for one in masks]


def test_padding_is_finite():
    nothing = np.zeros((1, 3, 4), "float32")
    assert np.isfinite(numpy(box_layers.encode_boxes(nothing, nothing))).all()
    assert not numpy(box_layers.box_iou(nothing, nothing)).any()


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.8])
def test_suppression_is_the_greedy_loop(threshold):
    rng = np.random.default_rng(2)
    for _ in range(5):
        table = random_boxes(rng, 60)
        kept = numpy(box_layers.kept_by_nms(box_layers.box_iou(table[None], table[None]), threshold))[0]
        assert np.flatnonzero(kept).tolist() == boxes.nms(table, -np.arange(60), threshold=threshold).tolist()


def test_a_sample_has_only_candidates_and_all_if_they_are_few():
    rng = np.random.default_rng(3)
    candidates = (rng.random((4, 50)) < [[0], [0.04], [0.5], [1]]).astype("float32")
    indices, weights = map(numpy, box_layers.sample(candidates, 10, rng.random((4, 50)).astype("float32")))
    for image in range(4):
        chosen = indices[image][weights[image] == 1]
        assert candidates[image, chosen].all() and len(set(chosen)) == len(chosen)
        assert len(chosen) == min(10, candidates[image].sum())


def test_picking_is_per_image():
    values = np.arange(24).reshape(2, 3, 4)
    assert numpy(box_layers.pick(values, np.array([[2], [0]]))).tolist() == [[[8, 9, 10, 11]], [[12, 13, 14, 15]]]
    assert numpy(box_layers.pick(values[..., 0], np.array([[2, 2], [0, 1]]))).tolist() == [[8, 8], [12, 16]]


def test_roi_align_is_its_twin_inside_of_the_map():
    rng = np.random.default_rng(4)
    features, table = rng.normal(size=(2, 12, 16, 3)).astype("float32"), random_boxes(rng, 2, 6)
    table = np.minimum(table, [*SIZE, *SIZE]).astype("float32")
    cut = numpy(box_layers.roi_align(features, table, (3, 5), strides=4))
    for image in range(2):
        for box, piece in zip(table[image], cut[image], strict=True):
            np.testing.assert_allclose(piece, roi.roi_align(features[image], box, (3, 5), strides=4), atol=1e-5)


def test_cross_entropy_and_smooth_l1_by_hand():
    logits, truth = np.array([0.0, 2.0, -200.0, 200.0], "float32"), np.array([1.0, 0.0, 1.0, 1.0], "float32")
    losses = numpy(box_layers.binary_cross_entropy(truth, logits))
    np.testing.assert_allclose(losses, [np.log(2), np.log(1 + np.exp(2)), 200, 0], rtol=1e-5)
    assert numpy(box_layers.smooth_l1(np.array([0.5, -3.0], "float32"), beta=2.0)).tolist() == [0.0625, 2.0]
