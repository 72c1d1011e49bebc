"""What YOLACT is trained for: anchors that overlap an object learn its class, its box and the mixture of its mask."""

import keras
from keras import ops

from seglab.box_layers import binary_cross_entropy, box_iou, mask_boxes, pick, sample, smooth_l1
from seglab.models.mask_rcnn.regions import offsets_of
from seglab.models.solo.loss import focal

BOX_WEIGHT, MASK_WEIGHT, SEMANTIC_WEIGHT = 1.5, 6.125, 1.0
POSITIVE_ANCHOR, NEGATIVE_ANCHOR, LEAST_FORCED = 0.5, 0.4, 0.1
ANCHORS_PER_IMAGE = 32
MARGIN = 1.0  # pixels around the true box in which the mask is compared


def yolact_loss(model, y, outputs):
    """Sum of the four losses of a batch.

    Args:
        model: A `YOLACT`.
        y: Dict of `masks` (B, N, H, W) and `classes` (B, N), -1 where the table is padded.
        outputs: What the network gave for the batch.

    Returns:
        Scalar tensor, finite for images without objects too.
    """
    masks, classes = ops.cast(y["masks"], "float32"), ops.cast(y["classes"], "int32")
    num_classes = outputs["classes"].shape[-1]
    boxes = mask_boxes(masks)  # (B, N, 4)
    real = ops.cast((classes >= 0) & (ops.max(masks, axis=(2, 3)) > 0), "float32")
    anchors = ops.convert_to_tensor(model.anchors)
    iou = box_iou(anchors[None], boxes) * real[:, None]  # (B, A, N)
    best, owner = ops.max(iou, axis=2), ops.argmax(iou, axis=2)
    forced = ops.any((iou >= ops.max(iou, axis=1, keepdims=True) - 1e-5) & (iou > LEAST_FORCED), axis=2)
    positive = ops.cast((best >= POSITIVE_ANCHOR) | forced, "float32")
    counted = ops.maximum(positive, ops.cast(best < NEGATIVE_ANCHOR, "float32"))
    total = ops.maximum(ops.sum(positive), 1)

    wanted = ops.one_hot(ops.maximum(pick(classes, owner), 0), num_classes) * positive[..., None]
    category = ops.sum(counted[..., None] * focal(wanted, outputs["classes"])) / total

    distance = smooth_l1(outputs["offsets"] - offsets_of(anchors[None], pick(boxes, owner)))
    box = ops.sum(positive[..., None] * distance) / 4 / total

    chosen, weights = sample(positive, ANCHORS_PER_IMAGE, keras.random.uniform(ops.shape(positive), seed=model.seed))
    owner = pick(owner, chosen)
    truth, true_boxes = pick(masks, owner), pick(boxes, owner)
    inside = inside_boxes(true_boxes, masks.shape[2:], MARGIN)  # (B, M, H, W)
    wrong = inside * binary_cross_entropy(truth, model.assemble(outputs, chosen))
    wrong = ops.sum(wrong, axis=(2, 3)) / ops.maximum(ops.sum(inside, axis=(2, 3)), 1)  # small objects count as much
    mask = ops.sum(weights * wrong) / ops.maximum(ops.sum(weights), 1)
    return category + BOX_WEIGHT * box + MASK_WEIGHT * mask + SEMANTIC_WEIGHT * semantic_loss(masks, classes, outputs)


def semantic_loss(masks, classes, outputs):
    """Cross-entropy of a map that says for each class where any of its objects is; it only helps to train.

    Args:
        masks: Float tensor (B, N, H, W).
        classes: int tensor (B, N).
        outputs: What the network gave for the batch.

    Returns:
        Scalar tensor.
    """
    logits = outputs["semantic"]  # (B, h, w, K)
    of_class = ops.one_hot(classes, logits.shape[-1])  # all zeros for -1
    truth = ops.max(masks[..., None] * of_class[:, :, None, None], axis=1)  # (B, H, W, K)
    truth = ops.image.resize(truth, logits.shape[1:3], interpolation="nearest")
    return ops.mean(binary_cross_entropy(truth, logits))


def inside_boxes(boxes, size, margin=0.0):
    """Mark the pixels whose middles lie in each box.

    Args:
        boxes: Tensor (B, M, 4).
        size: `(height, width)` of the image.
        margin: Pixels by which the boxes are enlarged.

    Returns:
        Float tensor (B, M, height, width) of 0 and 1.

    Example:
        >>> import numpy as np
        >>> ops.convert_to_numpy(inside_boxes(np.array([[[0, 1, 2, 3]]], "float32"), (2, 4)))[0, 0]
        array([[0., 1., 1., 0.],
               [0., 1., 1., 0.]], dtype=float32)
    """
    spans = []
    for axis, side in enumerate(size):
        place = ops.arange(side, dtype="float32") + 0.5
        inside = (place >= boxes[..., axis, None] - margin) & (place < boxes[..., axis + 2, None] + margin)
        spans.append(ops.cast(inside, "float32"))  # (B, M, side)
    return spans[0][..., :, None] * spans[1][..., None, :]
