"""Boxes: values by hand, slow loops as reference, and the ends of every range."""

import numpy as np
import pytest

from seglab.boxes import (
    IGNORED,
    NEGATIVE,
    box_area,
    box_iou,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    make_anchors,
    mask_boxes,
    match_anchors,
    nms,
)
from seglab.errors import InputError


def random_boxes(rng, count, limit=40):
    first = rng.uniform(-5, limit, (count, 2))
    return np.concatenate([first, first + rng.uniform(0.5, 20, (count, 2))], axis=1)


def test_boxes_of_masks_are_what_a_loop_finds():
    rng = np.random.default_rng(0)
    masks = rng.random((20, 9, 13)) < rng.uniform(0, 0.1, (20, 1, 1))
    masks[3] = False
    for mask, box in zip(masks, mask_boxes(masks), strict=True):
        rows, cols = np.nonzero(mask)
        expected = [rows.min(), cols.min(), rows.max() + 1, cols.max() + 1] if len(rows) else [0, 0, 0, 0]
        assert box.tolist() == expected
    assert mask_boxes(np.zeros((0, 4, 5), bool)).shape == (0, 4)


def test_iou_by_counting_cells():
    boxes = np.array([[0, 0, 4, 6], [2, 3, 5, 9], [7, 7, 7, 9]])
    grid = np.zeros((3, 10, 10), bool)
    for mask, (top, left, bottom, right) in zip(grid, boxes, strict=True):
        mask[top:bottom, left:right] = True
    shared = (grid[:, None] & grid[None]).sum(axis=(2, 3))
    together = (grid[:, None] | grid[None]).sum(axis=(2, 3))
    expected = np.divide(shared, together, out=np.zeros((3, 3)), where=together > 0)
    np.testing.assert_allclose(box_iou(boxes, boxes), expected)
    assert box_area(boxes).tolist() == [24, 18, 0]
    assert box_iou(boxes, []).shape == (3, 0)


def test_coding_is_the_worked_example_and_comes_back():
    """Anchor (x 10, y 10, 8 x 8), box (x 12, y 9, 16 wide, 4 high): .25, -.125, .6931, -.6931 in x, y, w, h."""
    offsets = encode_boxes([[6, 6, 14, 14]], [[7, 4, 11, 20]])
    np.testing.assert_allclose(offsets, [[-0.125, 0.25, -np.log(2), np.log(2)]])
    rng = np.random.default_rng(1)
    anchors, boxes = random_boxes(rng, 50), random_boxes(rng, 50)
    anchors[:, 2:] += 1
    boxes[:, 2:] += 1
    np.testing.assert_allclose(decode_boxes(anchors, encode_boxes(anchors, boxes)), boxes, atol=1e-9)


def test_empty_boxes_have_finite_codes_and_wild_codes_finite_boxes():
    assert np.isfinite(encode_boxes([[0, 0, 0, 0]], [[3, 3, 3, 3]])).all()
    assert np.isfinite(decode_boxes([[0, 0, 8, 8]], [[0, 0, 900, 900]])).all()
    assert decode_boxes([[0, 0, 8, 8]], [[0, 0, 900, 900]], size=(20, 30)).tolist() == [[0, 0, 20, 30]]
    assert clip_boxes(np.array([[-9.0, -9, -3, -1]]), (20, 30)).tolist() == [[0, 0, 0, 0]]


def test_anchors_lie_around_the_middles_of_the_cells():
    anchors = make_anchors((3, 5), 4, sizes=[8, 12], ratios=[0.5, 1, 2]).reshape(3, 5, 6, 4)
    middles = (anchors[..., :2] + anchors[..., 2:]) / 2
    np.testing.assert_allclose(middles[2, 4], np.tile([10, 18], (6, 1)))
    height, width = np.moveaxis(anchors[..., 2:] - anchors[..., :2], -1, 0)
    np.testing.assert_allclose(np.sqrt(height * width)[0, 0], [8, 8, 8, 12, 12, 12], rtol=1e-6)
    np.testing.assert_allclose((height / width)[1, 1], [0.5, 1, 2] * 2, rtol=1e-6)


def test_matching_by_the_two_thresholds():
    iou = [[0.7, 0.0], [0.69, 0.0], [0.3, 0.0], [0.29, 0.29], [0.9, 0.95]]
    assert match_anchors(iou).tolist() == [0, IGNORED, IGNORED, NEGATIVE, 1]


def test_a_true_box_keeps_its_best_anchors_however_bad():
    iou = np.array([[0.2, 0.0], [0.2, 0.1], [0.1, 0.0]])
    assert match_anchors(iou, force=True).tolist() == [0, 0, NEGATIVE]
    assert match_anchors(iou, force=False).tolist() == [NEGATIVE] * 3
    assert match_anchors(np.zeros((3, 1))).tolist() == [NEGATIVE] * 3  # an IoU of 0 is no match
    assert match_anchors(np.zeros((3, 0))).tolist() == [NEGATIVE] * 3
    assert match_anchors(np.zeros((0, 2))).tolist() == []


def test_nms_is_the_slow_loop():
    rng = np.random.default_rng(2)
    for threshold in (0.0, 0.3, 0.7, 1.0):
        boxes, scores = random_boxes(rng, 40), rng.integers(0, 20, 40)
        kept = []
        for index in sorted(range(40), key=lambda index, scores=scores: -scores[index]):
            if all(box_iou(boxes[[index]], boxes[[other]])[0, 0] <= threshold for other in kept):
                kept.append(index)
        assert nms(boxes, scores, threshold=threshold).tolist() == kept
    assert nms([], []).tolist() == []


def test_what_is_dropped_suppresses_nothing():
    """A chain: the second goes because of the first, so the third stays."""
    chain = [[0, 0, 10, 10], [0, 3, 10, 13], [0, 6, 10, 16]]
    assert nms(chain, [3, 2, 1], threshold=0.4).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: box_iou([[1, 2, 3]], []), "top, left, bottom, right"),
        (lambda: mask_boxes(np.zeros((2, 2), bool)), r"\(N, H, W\)"),
        (lambda: make_anchors((2, 2), 0, [8]), "strides must be above 0"),
        (lambda: encode_boxes([[0, 0, 1, 1]], np.zeros((2, 4))), "in pairs"),
        (lambda: match_anchors(np.zeros((2, 2)), positive=0.2), "negative <= positive"),
        (lambda: match_anchors([0.5]), "anchors, true boxes"),
        (lambda: nms([[0, 0, 1, 1]], [1, 2]), "one number for each"),
        (lambda: nms([[0, 0, 1, 1]], [1], threshold=2), "threshold"),
    ],
)
def test_errors_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_masks_of_numbers_are_refused():
    with pytest.raises(TypeError, match="bool"):
        mask_boxes(np.zeros((1, 2, 2)))
