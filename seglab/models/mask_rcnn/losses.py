"""What Mask R-CNN is trained for: which anchors and which regions belong to which object, and five losses."""

import keras
from keras import ops

from seglab.box_layers import (
    binary_cross_entropy,
    box_iou,
    mask_boxes,
    pick,
    sample,
    smooth_l1,
)
from seglab.models.mask_rcnn.regions import cut_masks, of_class, offsets_of

ANCHORS_PER_IMAGE = 64
POSITIVE_ANCHOR, NEGATIVE_ANCHOR, LEAST_FORCED = 0.6, 0.3, 0.1
POSITIVE_REGION = 0.5
POSITIVE_SHARE = 0.5
PROPOSAL_NMS = 0.6


def mask_rcnn_loss(model, y, outputs, training):
    """Sum of the losses of a batch.

    Args:
        model: A `MaskRCNN`.
        y: Dict of `masks` (B, N, H, W) and `classes` (B, N), -1 where the table is padded; `semantic` (B, H, W) where
            the network has a semantic head.
        outputs: What the network gave for the batch.
        training: Whether the heads learn.

    Returns:
        Scalar tensor, finite for images without objects too.
    """
    masks, classes = ops.cast(y["masks"], "float32"), ops.cast(y["classes"], "int32")
    boxes = mask_boxes(masks)  # (B, N, 4)
    real = ops.cast((classes >= 0) & (ops.max(masks, axis=(2, 3)) > 0), "float32")
    loss = proposal_loss(model, outputs, boxes, real) + region_loss(
        model, outputs, masks, classes, boxes, real, training
    )
    if "semantic" in outputs:
        from seglab.losses import cross_entropy

        loss = loss + cross_entropy(y["semantic"], outputs["semantic"])
    return loss


def proposal_loss(model, outputs, boxes, real):
    """Objectness and box of a sample of anchors, as in Faster R-CNN."""
    anchors = ops.convert_to_tensor(model.anchors)[None]
    iou = box_iou(anchors, boxes) * real[:, None]  # (B, A, N)
    best, owner = ops.max(iou, axis=2), ops.argmax(iou, axis=2)
    # Each object keeps its best anchors, however bad, so that none goes unseen.
    forced = ops.any((iou >= ops.max(iou, axis=1, keepdims=True) - 1e-5) & (iou > LEAST_FORCED), axis=2)
    positive = ops.cast((best >= POSITIVE_ANCHOR) | forced, "float32")
    negative = ops.cast(best < NEGATIVE_ANCHOR, "float32") * (1 - positive)
    some, some_weight, others, others_weight = _halves(model, positive, negative, ANCHORS_PER_IMAGE, 0.5)
    total = ops.maximum(ops.sum(some_weight) + ops.sum(others_weight), 1)

    objectness = ops.sum(some_weight * binary_cross_entropy(1.0, pick(outputs["objectness"], some)))
    objectness += ops.sum(others_weight * binary_cross_entropy(0.0, pick(outputs["objectness"], others)))
    anchors = ops.take(anchors[0], some, axis=0)
    wanted = offsets_of(anchors, pick(boxes, pick(owner, some)))
    distance = smooth_l1(pick(outputs["offsets"], some) - wanted)
    return (objectness + ops.sum(some_weight[..., None] * distance)) / total


def region_loss(model, outputs, masks, classes, boxes, real, training):
    """Class, box and mask of a sample of regions: proposals, and the true boxes themselves."""
    proposals, scores = model.proposals(outputs, threshold=PROPOSAL_NMS)
    candidates = ops.stop_gradient(ops.concatenate([proposals, boxes], axis=1))
    usable = ops.concatenate([ops.cast(scores > -1e3, "float32"), real], axis=1)
    iou = box_iou(candidates, boxes) * real[:, None]
    best, owner = ops.max(iou, axis=2), ops.argmax(iou, axis=2)
    positive = ops.cast(best >= POSITIVE_REGION, "float32") * usable
    negative = ops.cast(best < POSITIVE_REGION, "float32") * usable
    halves = _halves(model, positive, negative, model.regions, POSITIVE_SHARE)
    some, some_weight, others, others_weight = halves
    count, total = some.shape[1], ops.maximum(ops.sum(some_weight) + ops.sum(others_weight), 1)

    regions = pick(candidates, ops.concatenate([some, others], axis=1))  # positive ones first
    logits, offsets = model.read_boxes(outputs["features"], regions, training)
    owner = pick(owner, some)
    wanted = ops.maximum(pick(classes, owner), 0)
    surprise = -ops.log_softmax(logits)  # (B, M, K + 1)
    right = ops.sum(surprise[:, :count, 1:] * ops.one_hot(wanted, model.num_classes), axis=2)
    classification = ops.sum(some_weight * right) + ops.sum(others_weight * surprise[:, count:, 0])

    regions = regions[:, :count]
    distance = smooth_l1(of_class(offsets[:, :count], wanted) - offsets_of(regions, pick(boxes, owner)))
    box = ops.sum(some_weight[..., None] * distance)

    drawn = model.read_masks(outputs["features"], regions, wanted, training)  # (B, M, 28, 28)
    truth = cut_masks(pick(masks, owner), regions)
    mask = ops.mean(binary_cross_entropy(truth, drawn), axis=(2, 3))
    mask = ops.sum(some_weight * mask) / ops.maximum(ops.sum(some_weight), 1)
    return (classification + box) / total + mask


def _halves(model, positive, negative, count, share):
    """Indices and weights of sampled positives, at most `share` of `count`, and of negatives that fill up."""
    most = min(int(count * share), positive.shape[1])
    noise = keras.random.uniform(ops.shape(positive), seed=model.seed)
    some, some_weight = sample(positive, most, noise)
    others, others_weight = sample(negative, min(count, negative.shape[1]), noise)
    rest = count - ops.sum(some_weight, axis=1, keepdims=True)
    place = ops.arange(others_weight.shape[1], dtype="float32")
    return some, some_weight, others, others_weight * ops.cast(place < rest, "float32")
