"""How regions are coded: offsets of their boxes, the entry of their class, the masks they should draw."""

import numpy as np
from keras import ops

from seglab.box_layers import decode_boxes, encode_boxes, roi_matrices

MASK_SIDE = 28
OFFSET_SCALE = np.array([10, 10, 5, 5], "float32")


def offsets_of(anchors, boxes):
    """Offsets of boxes from anchors as the network predicts them, about 1 in size. Tensors (..., 4).

    Args:
        anchors: Tensor (..., 4).
        boxes: Tensor (..., 4), one for each anchor.

    Returns:
        Tensor (..., 4).
    """
    return encode_boxes(anchors, boxes) * ops.convert_to_tensor(OFFSET_SCALE)


def boxes_of(anchors, offsets, size):
    """Boxes of predicted offsets, cut off at the edges of the image: the inverse of `offsets_of`.

    Args:
        anchors: Tensor (..., 4).
        offsets: Tensor (..., 4).
        size: `(height, width)` of the image.

    Returns:
        Tensor (..., 4).
    """
    return decode_boxes(anchors, offsets / ops.convert_to_tensor(OFFSET_SCALE), size)


def of_class(values, classes):
    """Of each region the entry of its class; the only one where there is one for all.

    Args:
        values: Tensor (B, M, 1 or K, ...).
        classes: int tensor (B, M).

    Returns:
        Tensor (B, M, ...).
    """
    if values.shape[2] == 1:
        return values[:, :, 0]
    chosen = ops.one_hot(classes, values.shape[2], dtype=values.dtype)  # (B, M, K)
    return ops.sum(values * ops.reshape(chosen, (-1, *chosen.shape[1:], *[1] * (len(values.shape) - 3))), axis=2)


def cut_masks(masks, boxes):
    """Cut each mask out by its box, at the size that the mask head draws.

    Args:
        masks: Float tensor (B, M, H, W) of 0 and 1.
        boxes: Tensor (B, M, 4).

    Returns:
        Float tensor (B, M, 28, 28) of 0 and 1.
    """
    down, across = roi_matrices(boxes, (MASK_SIDE, MASK_SIDE), masks.shape[2:])
    cut = ops.einsum("bmiy,bmyx,bmjx->bmij", down, masks, across)
    return ops.cast(cut >= 0.5, "float32")
