"""What SOLO is trained for: which cells own which objects, a focal loss for the classes, a Dice loss for the masks."""

import keras
from keras import ops

from seglab.box_layers import binary_cross_entropy, mask_boxes, pick, sample

MASK_WEIGHT = 3.0
CELLS_PER_IMAGE = 32


def solo_loss(model, y, outputs):
    """Sum of the two losses of a batch.

    Args:
        model: A `SOLO`.
        y: Dict of `masks` (B, N, H, W) and `classes` (B, N), -1 where the table is padded.
        outputs: What the network gave for the batch.

    Returns:
        Scalar tensor, finite for images without objects too.
    """
    masks, classes = ops.cast(y["masks"], "float32"), ops.cast(y["classes"], "int32")
    owners = cell_owners(masks, classes, model.grids, model.center)  # (B, G)
    owned = ops.cast(owners >= 0, "float32")
    num_classes = outputs["category"].shape[-1]
    wanted = ops.one_hot(ops.maximum(pick(classes, ops.maximum(owners, 0)), 0), num_classes) * owned[..., None]
    category = ops.sum(focal(wanted, outputs["category"])) / ops.maximum(ops.sum(owned), 1)

    count = min(CELLS_PER_IMAGE, owned.shape[1])
    cells, weights = sample(owned, count, keras.random.uniform(ops.shape(owned), seed=model.seed))
    truth = pick(masks, ops.maximum(pick(owners, cells), 0))  # (B, M, H, W)
    drawn = model.masks_of(outputs, cells)
    shared = ops.sum(drawn * truth, axis=(2, 3))
    both = ops.sum(drawn**2, axis=(2, 3)) + ops.sum(truth**2, axis=(2, 3))
    dice = 1 - 2 * shared / ops.maximum(both, 1e-6)  # (B, M)
    return category + MASK_WEIGHT * ops.sum(weights * dice) / ops.maximum(ops.sum(weights), 1)


def cell_owners(masks, classes, grids, center):
    """Find the object of each cell: the one whose middle region covers it; of several the smallest.

    The region lies around the center of mass, its sides are `center` times those of the object's box, and it reaches at
    most one cell beyond the cell of the center.

    Args:
        masks: Float tensor (B, N, H, W) of 0 and 1.
        classes: int tensor (B, N), -1 where the table is padded.
        grids: Sequence of `Grid`.
        center: Sides of the region as a part of the object's.

    Returns:
        int32 tensor (B, G) for the G cells of all grids: the index of the object, or -1.
    """
    height, width = masks.shape[2:]
    area = ops.sum(masks, axis=(2, 3))  # (B, N)
    row, col = (ops.arange(side, dtype="float32") + 0.5 for side in (height, width))
    middle_row = ops.sum(ops.sum(masks, axis=3) * row, axis=2) / ops.maximum(area, 1)
    middle_col = ops.sum(ops.sum(masks, axis=2) * col, axis=2) / ops.maximum(area, 1)
    box = mask_boxes(masks)
    owners = []
    for grid in grids:
        here = (classes >= 0) & (area > 0) & (area >= grid.smallest**2) & (area < grid.largest**2)
        down = _covers(middle_row, center * (box[..., 2] - box[..., 0]), height, grid.size)  # (B, N, S)
        across = _covers(middle_col, center * (box[..., 3] - box[..., 1]), width, grid.size)
        covered = down[..., :, None] & across[..., None, :] & here[..., None, None]  # (B, N, S, S)
        covered = ops.reshape(covered, (-1, covered.shape[1], grid.size**2))
        size = ops.where(covered, area[..., None], float("inf"))
        owner = ops.cast(ops.argmin(size, axis=1), "int32")
        owners.append(ops.where(ops.any(covered, axis=1), owner, -1))  # (B, S * S)
    return ops.concatenate(owners, axis=1)


def focal(y_true, logits, *, alpha=0.75, gamma=2.0):
    """Focal loss of each logit: certain and right ones count little.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017), equation 5.

    Args:
        y_true: Tensor of 0 and 1.
        logits: Tensor of the same shape.
        alpha: Weight of ones; zeros have `1 - alpha`.
        gamma: Exponent of the probability of being wrong.

    Returns:
        Tensor of that shape.
    """
    probs = ops.sigmoid(logits)
    wrong = y_true * (1 - probs) + (1 - y_true) * probs
    weight = y_true * alpha + (1 - y_true) * (1 - alpha)
    return weight * wrong**gamma * binary_cross_entropy(y_true, logits)


def _covers(middle, extent, side, cells):
    """Which of the cells along one axis a region around `middle` touches. (B, N, cells)"""
    own = ops.floor(middle / side * cells)
    first = ops.maximum(ops.floor((middle - extent / 2) / side * cells), own - 1)
    last = ops.minimum(ops.floor((middle + extent / 2) / side * cells), own + 1)
    place = ops.arange(cells, dtype="float32")
    return (place >= first[..., None]) & (place <= last[..., None])
