"""From the outputs of Mask R-CNN to objects: classify the proposals, suppress repeats, draw masks, paste them."""

import numpy as np
from keras import ops

from seglab.box_layers import box_iou, kept_by_nms, pick
from seglab.models.mask_rcnn.regions import boxes_of, of_class
from seglab.roi import paste_mask

PROPOSAL_NMS, CLASS_NMS = 0.7, 0.5
MOST = 32
LEAST_PIXELS = 8


def detect(model, images, *, threshold=0.05, batch=16):
    """Find the objects in images; see `MaskRCNN.detect`."""
    found = []
    for start in range(0, len(images), batch):
        outputs = model(ops.convert_to_tensor(images[start : start + batch]), training=False)
        tables = [ops.convert_to_numpy(table) for table in _best(model, outputs)]
        for boxes, classes, scores, masks in zip(*tables, strict=True):
            found.append(_one_image(boxes, classes, scores, masks, model.image_size, threshold))
        if "semantic" in outputs:
            probs = ops.convert_to_numpy(ops.softmax(outputs["semantic"]))
            for one, semantic in zip(found[-len(probs) :], probs, strict=True):
                one["semantic"] = semantic
    return found


def _best(model, outputs):
    """Boxes (B, M, 4), classes (B, M), scores (B, M) and mask probabilities (B, M, 28, 28) of the best regions."""
    regions, objectness = model.proposals(outputs, threshold=PROPOSAL_NMS)
    logits, offsets = model.read_boxes(outputs["features"], regions)
    probs = ops.softmax(logits)[..., 1:] * ops.cast(objectness > -1e3, "float32")[..., None]
    classes = ops.cast(ops.argmax(probs, axis=2), "int32")
    boxes = boxes_of(regions, of_class(offsets, classes), model.image_size)
    scores, order = ops.top_k(ops.max(probs, axis=2), probs.shape[1])
    boxes, classes = pick(boxes, order), pick(classes, order)
    same = ops.cast(classes[:, :, None] == classes[:, None], "float32")  # classes do not suppress each other
    scores = scores * kept_by_nms(box_iou(boxes, boxes) * same, CLASS_NMS)
    scores, order = ops.top_k(scores, min(MOST, scores.shape[1]))
    boxes, classes = pick(boxes, order), pick(classes, order)
    masks = ops.sigmoid(model.read_masks(outputs["features"], boxes, classes))
    return boxes, classes, scores, masks


def _one_image(boxes, classes, scores, masks, size, threshold):
    kept = [index for index in np.flatnonzero(scores > threshold)]
    pasted = [paste_mask(masks[index], boxes[index], size) >= 0.5 for index in kept]
    pasted = np.array(pasted).reshape(len(kept), *size)
    large = pasted.sum(axis=(1, 2)) >= LEAST_PIXELS
    kept = np.array(kept, int)[large]
    return {"masks": pasted[large], "classes": classes[kept], "scores": scores[kept], "boxes": boxes[kept]}
