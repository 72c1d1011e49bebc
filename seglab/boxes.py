"""Boxes around objects: overlap, coding against anchors, matching, and non-maximum suppression.

A box is `(top, left, bottom, right)` in pixels, float; pixel `i` covers `[i, i + 1)`, so that the box of pixels 2 to 4
runs from 2 to 5 and its height is 3. COCO writes `(x, y, width, height)` instead.
"""

from numbers import Real

import numpy as np

from seglab.errors import InputError

IGNORED, NEGATIVE = -2, -1


def mask_boxes(masks):
    """Find the smallest box around each mask.

    Args:
        masks: Bool array `(N, H, W)`.

    Returns:
        float32 array `(N, 4)`; all zeros for an empty mask.

    Raises:
        InputError: If `masks` does not have three axes.
        TypeError: If it is not of bool type.

    Example:
        >>> mask = np.zeros((1, 6, 8), bool)
        >>> mask[0, 2:5, 1:7] = True
        >>> mask_boxes(mask)
        array([[2., 1., 5., 7.]], dtype=float32)
    """
    masks = np.asarray(masks)
    if masks.ndim != 3:
        raise InputError(f"masks must have shape (N, H, W), got {masks.shape}.")
    if masks.dtype != bool:
        raise TypeError(f"masks must be of bool type, got {masks.dtype}. Compare with > 0.5 first.")
    boxes = np.zeros((len(masks), 4), np.float32)
    for axis, first in ((2, 0), (1, 1)):  # what is left of the columns gives rows, and the other way round
        filled = masks.any(axis=axis)  # (N, H) or (N, W)
        boxes[:, first] = filled.argmax(axis=1)
        boxes[:, first + 2] = filled.shape[1] - filled[:, ::-1].argmax(axis=1)
    boxes[~masks.any(axis=(1, 2))] = 0
    return boxes


def box_area(boxes):
    """Area of each box; 0 where bottom or right does not lie beyond top or left.

    Args:
        boxes: Array `(..., 4)`.

    Returns:
        Array `(...)`.

    Example:
        >>> box_area(np.array([[2, 1, 5, 7], [5, 1, 2, 7]]))
        array([18,  0])
    """
    boxes = _checked("boxes", boxes)
    return np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


def box_iou(boxes, others):
    """Intersection over union of every box with every other.

    Args:
        boxes: Array `(N, 4)`.
        others: Array `(M, 4)`.

    Returns:
        Float array `(N, M)` in [0, 1]; 0 where both boxes are empty.

    Raises:
        InputError: If an array does not have shape `(N, 4)`.

    Example:
        >>> box_iou([[0, 0, 2, 2]], [[0, 0, 2, 2], [0, 1, 2, 3], [4, 4, 6, 6]]).round(3)
        array([[1.   , 0.333, 0.   ]])
    """
    boxes, others = _checked("boxes", boxes, axes=2), _checked("others", others, axes=2)
    top_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    intersection = np.prod(np.maximum(bottom_right - top_left, 0), axis=-1)  # (N, M)
    union = box_area(boxes)[:, None] + box_area(others)[None] - intersection
    return np.divide(intersection, union, out=np.zeros(union.shape), where=union > 0)


def make_anchors(map_size, strides, sizes, ratios=(0.5, 1.0, 2.0)):
    """Lay boxes of several sizes and shapes around the middle of every cell of a map.

    Source: Ren et al., "Faster R-CNN" (2015), section 3.1.1.

    Args:
        map_size: `(height, width)` of the map.
        strides: Pixels of the image between two cells, at least 1.
        sizes: Square roots of the areas, in pixels.
        ratios: Heights divided by widths.

    Returns:
        float32 array `(height * width * len(sizes) * len(ratios), 4)`: cells in reading order, in each cell the sizes,
        for each size the ratios. Boxes may reach out of the image.

    Raises:
        InputError: If a number is not above 0.

    Example:
        >>> make_anchors((1, 2), 8, sizes=[16], ratios=[1, 4])
        array([[ -4.,  -4.,  12.,  12.],
               [-12.,   0.,  20.,   8.],
               [ -4.,   4.,  12.,  20.],
               [-12.,   8.,  20.,  16.]], dtype=float32)
    """
    for name, values in (("strides", [strides]), ("sizes", sizes), ("ratios", ratios)):
        if len(values) == 0 or not all(isinstance(value, Real) and value > 0 for value in values):
            raise InputError(f"{name} must be above 0, got {values!r}.")
    half = np.array([(size * ratio**0.5, size / ratio**0.5) for size in sizes for ratio in ratios]) / 2
    middles = (np.stack(np.indices(map_size), axis=-1).reshape(-1, 1, 2) + 0.5) * strides  # (cells, 1, 2)
    return np.concatenate([middles - half, middles + half], axis=-1).reshape(-1, 4).astype(np.float32)


def encode_boxes(anchors, boxes):
    """Write boxes as offsets from anchors: what a network learns to predict.

    The two offsets of the middle are counted in anchor heights and widths, the two of the size are logarithms. A side
    shorter than a pixel counts as one pixel: empty boxes fill up tables, and `log(0)` would spoil a whole batch.

    Source: Girshick et al., "R-CNN" (2014), appendix C; the order here is rows before columns.

    Args:
        anchors: Array `(N, 4)`.
        boxes: Array `(N, 4)`, one for each anchor.

    Returns:
        Float array `(N, 4)`: offsets of the middle's row and column, logarithms of height and width ratios.

    Raises:
        InputError: If the arrays are not both of shape `(N, 4)`.

    Example:
        >>> encode_boxes([[6, 6, 14, 14]], [[7, 4, 11, 20]]).round(4)
        array([[-0.125 ,  0.25  , -0.6931,  0.6931]])
    """
    anchors, boxes = _pairs(anchors, boxes, "boxes")
    anchor_size, size = (np.maximum(one[:, 2:] - one[:, :2], 1) for one in (anchors, boxes))
    shift = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2 / anchor_size
    return np.concatenate([shift, np.log(size / anchor_size)], axis=1)


def decode_boxes(anchors, offsets, size=None):
    """Turn offsets from anchors back into boxes: the inverse of `encode_boxes`.

    Args:
        anchors: Array `(N, 4)`.
        offsets: Array `(N, 4)` as `encode_boxes` gives it. A side grows at most 1000 / 16 times, as in the Faster R-CNN
            that Facebook published, so that an untrained network gives no infinite boxes.
        size: `(height, width)` of the image to cut the boxes at. They are not cut if `None`.

    Returns:
        Float array `(N, 4)`.

    Raises:
        InputError: If the arrays are not both of shape `(N, 4)`.

    Example:
        >>> decode_boxes([[6, 6, 14, 14]], [[-0.125, 0.25, -0.6931, 0.6931]]).round(2)
        array([[ 7.,  4., 11., 20.]])
        >>> decode_boxes([[6, 6, 14, 14]], [[0, 1, 0, 0]], size=(10, 20))
        array([[ 6., 14., 10., 20.]])
    """
    anchors, offsets = _pairs(anchors, offsets, "offsets")
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    middle = (anchors[:, :2] + anchors[:, 2:]) / 2 + offsets[:, :2] * anchor_size
    half = anchor_size * np.exp(np.minimum(offsets[:, 2:], np.log(1000 / 16))) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    return boxes if size is None else clip_boxes(boxes, size)


def clip_boxes(boxes, size):
    """Cut boxes off at the edges of the image.

    Args:
        boxes: Array `(..., 4)`.
        size: `(height, width)` of the image.

    Returns:
        Array of the same shape; a box outside the image becomes empty.

    Example:
        >>> clip_boxes(np.array([[-4, 2, 6, 30]]), (10, 20))
        array([[ 0,  2,  6, 20]])
    """
    return np.clip(_checked("boxes", boxes), 0, [*size, *size])


def match_anchors(iou, *, positive=0.7, negative=0.3, force=True):
    """Assign anchors to true boxes by overlap.

    Source: Ren et al., "Faster R-CNN" (2015), section 3.1.2.

    Args:
        iou: Array `(N, M)`, the IoU of every anchor with every true box. M may be 0.
        positive: From this IoU on an anchor belongs to the true box it overlaps most.
        negative: Below this IoU with all true boxes it is background. What lies between takes no part.
        force: Whether the anchors that overlap some true box best are kept though they do not reach `positive`; each
            belongs to the true box it overlaps most itself.

    Returns:
        int array `(N,)`: index of the true box, `NEGATIVE` (-1) or `IGNORED` (-2).

    Raises:
        InputError: If `iou` does not have two axes or the thresholds are not in order.

    Example:
        >>> match_anchors([[0.8, 0.1], [0.5, 0.0], [0.2, 0.4], [0.0, 0.0]])
        array([ 0, -2,  1, -1])
    """
    iou = np.asarray(iou, float)
    if iou.ndim != 2:
        raise InputError(f"iou must have shape (anchors, true boxes), got {iou.shape}.")
    if not 0 <= negative <= positive <= 1:
        raise InputError(f"0 <= negative <= positive <= 1 must hold, got {negative!r} and {positive!r}.")
    if not iou.shape[1]:
        return np.full(len(iou), NEGATIVE)
    best, index = iou.max(axis=1), iou.argmax(axis=1)
    result = np.where(best >= positive, index, np.where(best < negative, NEGATIVE, IGNORED))
    if force and len(iou):
        forced = ((iou == iou.max(axis=0)) & (iou > 0)).any(axis=1)
        result[forced] = index[forced]
    return result


def nms(boxes, scores, *, threshold=0.5):
    """Non-maximum suppression: go down the scores, drop every box that overlaps a kept one too much.

    Args:
        boxes: Array `(N, 4)`.
        scores: Array `(N,)`.
        threshold: A box goes if its IoU with a kept one is above this.

    Returns:
        int array of the kept indices by falling score; of equal scores the first counts.

    Raises:
        InputError: If the lengths differ or `threshold` is outside [0, 1].

    Example:
        >>> nms([[0, 0, 10, 10], [0, 1, 10, 11], [0, 20, 10, 30]], [0.8, 0.9, 0.7])
        array([1, 2])
    """
    boxes, scores = _checked("boxes", boxes, axes=2), np.asarray(scores, float)
    if scores.shape != (len(boxes),):
        raise InputError(f"scores must hold one number for each of the {len(boxes)} boxes, got {scores.shape}.")
    if not 0 <= threshold <= 1:
        raise InputError(f"threshold must lie in [0, 1], got {threshold!r}.")
    order = np.argsort(-scores, kind="stable")
    too_close = box_iou(boxes, boxes)[np.ix_(order, order)] > threshold
    kept = np.ones(len(order), bool)
    for place in range(len(order)):
        if kept[place]:
            kept[place + 1 :] &= ~too_close[place, place + 1 :]
    return order[kept]


def _pairs(anchors, others, name):
    anchors, others = _checked("anchors", anchors, axes=2), _checked(name, others, axes=2)
    if anchors.shape != others.shape:
        raise InputError(f"anchors and {name} must go in pairs, got {anchors.shape} and {others.shape}.")
    return anchors.astype(float), others.astype(float)


def _checked(name, boxes, *, axes=None):
    boxes = np.asarray(boxes)
    if boxes.size == 0 and boxes.ndim == 1:
        boxes = boxes.reshape(0, 4)
    if boxes.ndim == 0 or boxes.shape[-1] != 4 or axes not in (None, boxes.ndim):
        raise InputError(f"{name} must have shape (N, 4): (top, left, bottom, right); got {boxes.shape}.")
    return boxes
