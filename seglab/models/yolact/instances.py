"""From the outputs of YOLACT to objects: the best anchors, Fast NMS, mixtures of prototypes, cropped by their boxes."""

import numpy as np
from keras import ops

from seglab.box_layers import box_iou, kept_by_nms, pick
from seglab.models.mask_rcnn.regions import boxes_of

BEFORE_NMS, MOST = 200, 48
NMS = 0.5
LEAST_PIXELS = 8


def detect(model, images, *, threshold=0.05, batch=16, fast_nms=True):
    """Find the objects in images; see `YOLACT.detect`."""
    found = []
    for start in range(0, len(images), batch):
        outputs = model(ops.convert_to_tensor(images[start : start + batch]), training=False)
        tables = [ops.convert_to_numpy(table) for table in _best(model, outputs, fast_nms)]
        found += [_one_image(*each, threshold) for each in zip(*tables, strict=True)]
    return found


def _best(model, outputs, fast_nms):
    """Boxes (B, M, 4), classes (B, M), scores (B, M) and mask logits (B, M, H, W) of the best anchors."""
    probs = ops.sigmoid(outputs["classes"])
    classes = ops.cast(ops.argmax(probs, axis=2), "int32")
    scores, best = ops.top_k(ops.max(probs, axis=2), min(BEFORE_NMS, len(model.anchors)))
    classes = pick(classes, best)
    anchors = ops.take(ops.convert_to_tensor(model.anchors), best, axis=0)
    boxes = boxes_of(anchors, pick(outputs["offsets"], best), model.input_shape[1:3])
    same = ops.cast(classes[:, :, None] == classes[:, None], "float32")  # classes do not suppress each other
    scores = scores * kept_by_nms(box_iou(boxes, boxes) * same, NMS, rounds=1 if fast_nms else 8)
    scores, order = ops.top_k(scores, min(MOST, scores.shape[1]))
    return pick(boxes, order), pick(classes, order), scores, model.assemble(outputs, pick(best, order))


def _one_image(boxes, classes, scores, logits, threshold):
    kept = np.flatnonzero(scores > threshold)
    row, col = np.ogrid[: logits.shape[1], : logits.shape[2]]
    masks = logits[kept] > 0
    for mask, (top, left, bottom, right) in zip(masks, boxes[kept], strict=True):
        # A prototype that a neighbor needs as well is drawn there too: the box cuts it off.
        mask &= (row + 0.5 >= top) & (row + 0.5 < bottom) & (col + 0.5 >= left) & (col + 0.5 < right)
    large = masks.sum(axis=(1, 2)) >= LEAST_PIXELS
    kept = kept[large]
    return {"masks": masks[large], "classes": classes[kept], "scores": scores[kept], "boxes": boxes[kept]}
