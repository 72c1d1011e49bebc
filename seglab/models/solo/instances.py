"""From the outputs of SOLO to objects: peaks among the cells, masks of the best, and masks that suppress masks."""

import numpy as np
from keras import ops

MOST = 100


def detect(model, images, *, threshold=0.1, batch=16):
    """Find the objects in images; see `SOLO.detect`."""
    found = []
    for start in range(0, len(images), batch):
        outputs = model(ops.convert_to_tensor(images[start : start + batch]), training=False)
        scores = _peaks(ops.convert_to_numpy(ops.sigmoid(outputs["category"])), model.grids)  # (B, G, K)
        best = np.argsort(-scores.reshape(len(scores), -1), axis=1, kind="stable")[:, :MOST]
        cells, classes = best // scores.shape[2], best % scores.shape[2]
        probs = ops.convert_to_numpy(model.masks_of(outputs, ops.convert_to_tensor(cells.astype("int32"))))
        scores = np.take_along_axis(scores.reshape(len(scores), -1), best, axis=1)
        found += [_one_image(*each, threshold=threshold) for each in zip(probs, classes, scores, strict=True)]
    return found


def _one_image(probs, classes, scores, *, threshold):
    masks = probs > 0.5  # (M, H, W)
    area = masks.sum(axis=(1, 2))
    # Maskness: how sure a mask is of its own pixels. The class alone does not know how well the mask is drawn.
    maskness = (probs * masks).sum(axis=(1, 2)) / np.maximum(area, 1)
    scores = scores * maskness
    kept = np.flatnonzero((scores > threshold) & (area > 0))
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    masks, classes = masks[kept], classes[kept]
    scores = matrix_nms(masks, classes, scores[kept])
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > threshold]
    return {"masks": masks[order], "classes": classes[order], "scores": scores[order]}


def matrix_nms(masks, classes, scores, *, sigma=2.0):
    """Lower the score of each mask by the better masks of its class that it overlaps, all at once.

    How much a better mask lowers the others depends on how much it is itself overlapped by still better ones.

    Source: Wang et al., "SOLOv2" (2020), section 3.3, with the Gaussian decay.

    Args:
        masks: Bool array (N, H, W), by falling score.
        classes: int array (N,).
        scores: Float array (N,), falling.
        sigma: Steepness of the decay `exp(-sigma * iou**2)`.

    Returns:
        Float array (N,) of the lowered scores.

    Example:
        >>> mask = np.ones((1, 4, 4), bool)
        >>> matrix_nms(np.concatenate([mask, mask]), np.zeros(2, int), np.array([0.9, 0.8])).round(3)
        array([0.9  , 0.108])
    """
    if not len(masks):
        return np.asarray(scores, float)
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    area = flat.sum(axis=1)
    iou = shared / np.maximum(area[:, None] + area[None] - shared, 1)
    iou = np.triu(iou * (classes[:, None] == classes[None]), 1)  # row: the better one
    overlapped = iou.max(axis=0)  # how much each is overlapped by something better
    decay = np.exp(-sigma * (iou**2 - overlapped[:, None] ** 2)).min(
        axis=0, where=np.triu(np.ones_like(iou), 1) > 0, initial=1
    )
    return scores * decay


def _peaks(scores, grids):
    """Points NMS: of every 2 x 2 cells only the best keeps its score. (B, G, K)"""
    kept, start = [], 0
    for grid in grids:
        cells = scores[:, start : start + grid.size**2].reshape(len(scores), grid.size, grid.size, -1)
        padded = np.pad(cells, ((0, 0), (1, 0), (1, 0), (0, 0)))
        highest = np.maximum(padded[:, 1:], padded[:, :-1])
        highest = np.maximum(highest[:, :, 1:], highest[:, :, :-1])
        kept.append(np.where(cells == highest, cells, 0).reshape(len(scores), grid.size**2, -1))
        start += grid.size**2
    return np.concatenate(kept, axis=1)
