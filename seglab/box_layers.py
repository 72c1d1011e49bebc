"""What detection networks share, in `keras.ops` and static shapes: overlap, coding, suppression, sampling, RoIAlign.

The twins of `seglab.boxes` and `seglab.roi` for whole batches. Every shape is known before the first step, as XLA needs
it: tables of true boxes are padded, and instead of picking a changing number of boxes, `sample` picks a fixed number
with weights of 0 or 1.
"""

import numpy as np
from keras import ops

LARGEST_GROWTH = float(np.log(1000 / 16))


def mask_boxes(masks):
    """Find the smallest box around each mask.

    Args:
        masks: Tensor `(B, N, H, W)`, 0 or 1 of any type.

    Returns:
        float32 tensor `(B, N, 4)`: (top, left, bottom, right); all zeros for an empty mask.

    Example:
        >>> mask = np.zeros((1, 1, 6, 8), bool)
        >>> mask[..., 2:5, 1:7] = True
        >>> ops.convert_to_numpy(mask_boxes(mask))
        array([[[2., 1., 5., 7.]]], dtype=float32)
    """
    masks = ops.cast(masks, "float32")
    edges = []
    for axis in (3, 2):  # rows are what is left of the columns, and the other way round
        filled = ops.max(masks, axis=axis)  # (B, N, H) or (B, N, W)
        length = filled.shape[-1]
        place = ops.arange(length, dtype="float32")
        last = ops.max(filled * (place + 1), axis=-1)
        first = length - ops.max(filled * (length - place), axis=-1)
        edges.append((ops.minimum(first, last), last))  # an empty mask has last = 0, so 0 and 0
    (top, bottom), (left, right) = edges
    return ops.stack([top, left, bottom, right], axis=-1)


def box_iou(boxes, others):
    """Intersection over union of every box with every other of the same image.

    Args:
        boxes: Tensor `(B, N, 4)`.
        others: Tensor `(B, M, 4)`.

    Returns:
        Tensor `(B, N, M)` in [0, 1]; 0 where both boxes are empty.

    Example:
        >>> iou = box_iou(np.array([[[0, 0, 2, 2]]], "float32"), np.array([[[0, 1, 2, 3], [0, 0, 0, 0]]], "float32"))
        >>> ops.convert_to_numpy(iou).round(3)
        array([[[0.333, 0.   ]]], dtype=float32)
    """
    boxes, others = boxes[:, :, None], others[:, None]  # (B, N, 1, 4), (B, 1, M, 4)
    overlap = ops.minimum(boxes[..., 2:], others[..., 2:]) - ops.maximum(boxes[..., :2], others[..., :2])
    intersection = ops.prod(ops.maximum(overlap, 0), axis=-1)  # (B, N, M)
    union = _area(boxes) + _area(others) - intersection
    return intersection / ops.maximum(union, 1e-6)


def encode_boxes(anchors, boxes):
    """Write boxes as offsets from anchors; sides under a pixel count as a pixel, so that padding stays finite.

    Args:
        anchors: Tensor `(..., 4)`.
        boxes: Tensor `(..., 4)`, one for each anchor.

    Returns:
        Tensor `(..., 4)`: offsets of the middle in anchor sides, logarithms of the ratios of height and width.
    """
    anchor_size, size = (ops.maximum(one[..., 2:] - one[..., :2], 1) for one in (anchors, boxes))
    shift = (boxes[..., :2] + boxes[..., 2:] - anchors[..., :2] - anchors[..., 2:]) / 2 / anchor_size
    return ops.concatenate([shift, ops.log(size / anchor_size)], axis=-1)


def decode_boxes(anchors, offsets, size):
    """Turn offsets from anchors back into boxes, cut off at the edges of the image.

    Args:
        anchors: Tensor `(..., 4)`.
        offsets: Tensor `(..., 4)` as `encode_boxes` gives it.
        size: `(height, width)` of the image.

    Returns:
        Tensor `(..., 4)`.
    """
    anchor_size = anchors[..., 2:] - anchors[..., :2]
    middle = (anchors[..., :2] + anchors[..., 2:]) / 2 + offsets[..., :2] * anchor_size
    half = anchor_size * ops.exp(ops.minimum(offsets[..., 2:], LARGEST_GROWTH)) / 2
    limit = ops.convert_to_tensor([*size, *size], "float32")
    return ops.minimum(ops.maximum(ops.concatenate([middle - half, middle + half], axis=-1), 0.0), limit)


def kept_by_nms(iou, threshold, *, rounds=8):
    """Non-maximum suppression of boxes in falling order of their scores, without a loop over boxes.

    A box stays if no kept box before it overlaps it too much. Starting from "all stay", each round applies that rule
    to the answer of the round before. One round is YOLACT's Fast NMS, in which dropped boxes still suppress; after
    as many rounds as the longest chain of suppression has links, the answer is that of the greedy loop.

    Args:
        iou: Tensor `(B, N, N)`, the IoU of the boxes with each other, sorted by falling score.
        threshold: A box goes if its IoU with a kept one is above this.
        rounds: Number of rounds, at least 1.

    Returns:
        Tensor `(B, N)` of 0 and 1.

    Example:
        >>> chain = np.array([[[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]], "float32")
        >>> ops.convert_to_numpy(kept_by_nms(chain, 0.4)), ops.convert_to_numpy(kept_by_nms(chain, 0.4, rounds=1))
        (array([[1., 0., 1.]], dtype=float32), array([[1., 0., 0.]], dtype=float32))
    """
    before = ops.convert_to_tensor(np.triu(np.ones(iou.shape[1:], "float32"), 1))
    suppresses = ops.cast(iou > threshold, "float32") * before  # (B, N, N): row over column
    kept = ops.ones_like(suppresses[:, 0])
    for _ in range(rounds):
        kept = 1 - ops.max(suppresses * kept[:, :, None], axis=1)
    return kept


def sample(candidates, count, noise):
    """Pick a fixed number of candidates at random; where there are too few, the rest has weight 0.

    Args:
        candidates: Tensor `(B, N)` of 0 and 1.
        count: How many to pick, at most N.
        noise: Random tensor `(B, N)` in [0, 1).

    Returns:
        `(indices, weights)`, both `(B, count)`: int32 and float32, a weight of 1 for each candidate picked.

    Example:
        >>> indices, weights = sample(np.array([[0, 1, 0, 0]], "float32"), 2, np.zeros((1, 4), "float32"))
        >>> int(indices[0, 0]), ops.convert_to_numpy(weights)
        (1, array([[1., 0.]], dtype=float32))
    """
    scores, indices = ops.top_k(ops.cast(candidates, "float32") + noise / 2, count)
    return ops.cast(indices, "int32"), ops.cast(scores >= 1, "float32")


def pick(values, indices):
    """Take entries of a table per image.

    Args:
        values: Tensor `(B, N, ...)`.
        indices: int tensor `(B, M)`.

    Returns:
        Tensor `(B, M, ...)`.

    Example:
        >>> ops.convert_to_numpy(pick(np.array([[[1, 2], [3, 4]]]), np.array([[1]])))
        array([[[3, 4]]])
    """
    values = ops.convert_to_tensor(values)
    shape = (*indices.shape[1:], *[1] * (len(values.shape) - 2))
    return ops.take_along_axis(values, ops.reshape(indices, (-1, *shape)), axis=1)


def roi_align(features, boxes, size, *, strides=1, sampling=2):
    """Cut boxes out of a map at a fixed size: bilinear samples, averaged over each bin.

    Bilinear weights and the average are separable, so that a box is two small matrices: one for the rows and one for
    the columns. Samples beyond the map read its outermost cell.

    Source: He et al., "Mask R-CNN" (2017), section 3, with cells' values in their middles.

    Args:
        features: Tensor `(B, h, w, C)`.
        boxes: Tensor `(B, K, 4)` in pixels of the image.
        size: `(rows, cols)` of each piece.
        strides: Pixels of the image per cell of the map.
        sampling: Samples per bin in each direction, at least 1.

    Returns:
        Tensor `(B, K, rows, cols, C)`.

    Example:
        >>> ramp = np.arange(25, dtype="float32").reshape(1, 5, 5, 1)
        >>> ops.convert_to_numpy(roi_align(ramp, np.array([[[1, 1, 3, 3]]], "float32"), (2, 2)))[0, 0, :, :, 0]
        array([[ 6.,  7.],
               [11., 12.]], dtype=float32)
    """
    down, across = roi_matrices(boxes, size, features.shape[1:3], strides=strides, sampling=sampling)
    rows = ops.einsum("bkiy,byxc->bkixc", down, features)
    return ops.einsum("bkjx,bkixc->bkijc", across, rows)


def roi_matrices(boxes, size, map_size, *, strides=1, sampling=2):
    """Weigh each row and each column of a map for each bin of each box: what `roi_align` multiplies with.

    Args:
        boxes: Tensor `(B, K, 4)` in pixels of the image.
        size: `(rows, cols)` of each piece.
        map_size: `(h, w)` of the map.
        strides: Pixels of the image per cell of the map.
        sampling: Samples per bin in each direction, at least 1.

    Returns:
        Tensors `(B, K, rows, h)` and `(B, K, cols, w)`; the weights of a bin add up to 1.

    Example:
        >>> down, across = roi_matrices(np.array([[[0, 0, 2, 4]]], "float32"), (1, 2), (2, 4))
        >>> ops.convert_to_numpy(across)[0, 0]
        array([[0.5, 0.5, 0. , 0. ],
               [0. , 0. , 0.5, 0.5]], dtype=float32)
    """
    matrices = []
    for axis in (0, 1):
        count, cells = size[axis], map_size[axis]
        places = (ops.arange(count * sampling, dtype="float32") + 0.5) / (count * sampling)
        first, last = boxes[..., axis, None], boxes[..., axis + 2, None]
        position = (first + (last - first) * places) / strides - 0.5  # (B, K, samples)
        position = ops.clip(position, 0, cells - 1)[..., None]
        weights = ops.maximum(1 - ops.abs(position - ops.arange(cells, dtype="float32")), 0)
        weights = ops.reshape(weights, (-1, boxes.shape[1], count, sampling, cells))
        matrices.append(ops.mean(weights, axis=3))
    return matrices


def binary_cross_entropy(y_true, logits):
    """Cross-entropy of each single logit, finite for any logit.

    Args:
        y_true: Tensor of 0 and 1, or what lies between.
        logits: Tensor of the same shape.

    Returns:
        Tensor of that shape.
    """
    return ops.softplus(logits) - y_true * logits


def smooth_l1(difference, *, beta=1.0):
    """Half the square near 0, the absolute value beyond: what box offsets are trained with.

    Source: Girshick, "Fast R-CNN" (2015), equation 3.

    Args:
        difference: Tensor of any shape.
        beta: Where the one becomes the other, above 0.

    Returns:
        Tensor of that shape.

    Example:
        >>> ops.convert_to_numpy(smooth_l1(np.array([0.5, -2], "float32")))
        array([0.125, 1.5  ], dtype=float32)
    """
    size = ops.abs(difference)
    return ops.where(size < beta, size**2 / (2 * beta), size - beta / 2)


def _area(boxes):
    return ops.prod(ops.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)
