"""The rival of every network that finds objects: one semantic U-Net, and a rule that cuts its map into objects.

The U-Net predicts for each pixel its class, how deep inside its object it lies, and whether it lies on an outline. Four
rules make objects of that:

| rule | seeds | rises along |
|--|--|--|
| "components" | each component of a class is one object | |
| "distance transform" | tops of the distance to the background | the distance |
| "predicted distance" | components where the predicted depth is above one half | the predicted depth |
| "boundary" | components without the predicted outlines | the predicted outlines |

The predicted distance is that of Bai, Urtasun, "Deep Watershed Transform for Instance Segmentation" (CVPR 2017), in its
simplest form; outlines as a class are an idea of Ronneberger et al.'s weight map and of the nuclei challenge of 2018.
"""

import numpy as np
from keras import ops
from scipy import ndimage

from seglab.errors import InputError
from seglab.layers import check_choice
from seglab.losses import cross_entropy
from seglab.models import unet
from seglab.postprocess import components, split_touching

RULES = ("components", "distance transform", "predicted distance", "boundary")
OUTLINE_WEIGHT = 3.0
LEAST_PIXELS = 12


def watershed_unet(input_shape, num_classes, *, base_filters=12):
    """Build a U-Net with `num_classes` logits and two more: depth and outline.

    Args:
        input_shape: (height, width, channels), see `seglab.models.unet`.
        num_classes: Number of classes `K` of a pixel, background or stuff included.
        base_filters: Filters of the first block.

    Returns:
        `keras.Model` from images (B, H, W, C) to logits (B, H, W, K + 2). Train it with `watershed_loss`.

    Example:
        >>> watershed_unet((64, 96, 3), 2).output_shape
        (None, 64, 96, 4)
    """
    return unet(input_shape, num_classes + 2, base_filters=base_filters)


def watershed_loss(y_true, logits):
    """Cross-entropy of the class and of the outline, squared error of the depth.

    Args:
        y_true: Float tensor (B, H, W, 3): class, depth in [0, 1], outline 0 or 1, see `watershed_targets`.
        logits: Tensor (B, H, W, K + 2).

    Returns:
        Scalar tensor.
    """
    classes, depth, outline = logits[..., :-2], logits[..., -2], logits[..., -1]
    wrong = ops.softplus(outline) - y_true[..., 2] * outline
    # Outlines are rare: without a weight, the safest guess is that there is none.
    wrong = wrong * (1 + (OUTLINE_WEIGHT - 1) * y_true[..., 2])
    depth = ops.mean((ops.sigmoid(depth) - y_true[..., 1]) ** 2)
    return cross_entropy(y_true[..., 0], classes) + 4 * depth + ops.mean(wrong)


def watershed_targets(masks, classes, semantic=None):
    """Draw the three maps that the U-Net learns, from the masks of one image.

    Args:
        masks: Array (n, H, W), 0 or 1. Where they overlap, the later lies on top.
        classes: int array (n,), from 0; -1 for masks that are padding.
        semantic: int array (H, W), a stuff class or the number of stuff classes for things; without stuff `None`.

    Returns:
        float32 array (H, W, 3). Class: 0 is background and `k + 1` class `k`; with S stuff classes these come first,
        and things are `S + k`. Depth: distance to the outside of the object, 1 where it is largest. Outline: pixels of
        an object that have a neighbor outside of it.

    Example:
        >>> mask = np.zeros((1, 5, 5), bool)
        >>> mask[0, 1:4, 1:4] = True
        >>> watershed_targets(mask, [0])[:, :, 1]
        array([[0. , 0. , 0. , 0. , 0. ],
               [0. , 0.5, 0.5, 0.5, 0. ],
               [0. , 0.5, 1. , 0.5, 0. ],
               [0. , 0.5, 0.5, 0.5, 0. ],
               [0. , 0. , 0. , 0. , 0. ]], dtype=float32)
    """
    masks = np.asarray(masks)
    instances = np.zeros(masks.shape[1:], int)
    first = 1 if semantic is None else int(np.max(semantic, initial=0))
    result = np.zeros((*masks.shape[1:], 3), np.float32)
    if semantic is not None:
        result[..., 0] = semantic
    for number, (mask, klass) in enumerate(zip(masks, classes, strict=True), 1):
        if klass >= 0:
            instances[mask > 0] = number
            result[..., 0][mask > 0] = first + klass
    for number, place in enumerate(ndimage.find_objects(instances), 1):
        if place is None:
            continue
        mask = instances[place] == number
        depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        inside = ndimage.binary_erosion(mask, border_value=0)
        result[..., 1][place][mask] = (depth / depth.max())[mask]
        result[..., 2][place][mask & ~inside] = 1
    return result


def watershed_stream(stream):
    """Turn the batches of an `InstanceData` into what the U-Net learns from.

    Args:
        stream: `tf.data.Dataset` of `(images, targets)`, as `InstanceData.training` gives it.

    Returns:
        `tf.data.Dataset` of `(images, maps)`: float32 (B, H, W, C) and (B, H, W, 3).
    """
    import tensorflow as tf

    def maps(masks, classes, *semantic):
        rows = zip(masks, classes, *semantic, strict=True)
        return np.stack([watershed_targets(*row) for row in rows])

    def to_tensors(images, targets):
        arrays = [targets[name] for name in ("masks", "classes", "semantic") if name in targets]
        drawn = tf.numpy_function(maps, arrays, tf.float32, stateful=False)
        return images, tf.ensure_shape(drawn, (*images.shape[:-1], 3))

    return stream.map(to_tensors)


def cut_objects(rule, probs, depth, outline, *, things):
    """Make objects of the maps of one image.

    Args:
        rule: One of `RULES`.
        probs: Float array (H, W, K), the probabilities of the classes.
        depth: Float array (H, W) in [0, 1]; only "predicted distance" looks at it.
        outline: Float array (H, W) in [0, 1]; only "boundary" looks at it.
        things: Classes in [0, K) whose pixels are cut into objects.

    Returns:
        Dict of `masks` bool (n, H, W), `classes` int (n,), places in `things`, and `scores` float (n,), the mean
        probability of the class; what `seglab.metrics.mask_ap` takes.

    Raises:
        InputError: If the rule is unknown or a class is outside [0, K).

    Example:
        >>> probs = np.dstack([[[0, 0, 1, 0]], [[1, 1, 0, 1]]]).astype(float)
        >>> found = cut_objects("components", probs.repeat(12, axis=0), None, None, things=[1])
        >>> found["masks"].shape, found["classes"].tolist()
        ((2, 12, 4), [0, 0])
    """
    check_choice("rule", rule, RULES)
    if not all(0 <= klass < probs.shape[-1] for klass in things):
        raise InputError(f"things must lie in [0, {probs.shape[-1]}), got {list(things)}.")
    best = probs.argmax(axis=-1)
    masks, classes, scores = [], [], []
    for place, klass in enumerate(things):
        mask = best == klass
        instances = _cut(rule, mask, depth, outline)
        for number in np.flatnonzero(np.bincount(instances.ravel()) >= LEAST_PIXELS):
            if number:
                masks.append(instances == number)
                classes.append(place)
                scores.append(float(probs[..., klass][masks[-1]].mean()))
    order = np.argsort(-np.array(scores), kind="stable").astype(int)
    return {
        "masks": np.array(masks, bool).reshape(-1, *best.shape)[order],
        "classes": np.array(classes, int)[order],
        "scores": np.array(scores, float)[order],
    }


def _cut(rule, mask, depth, outline):
    if not mask.any() or rule == "components":
        return components(mask, neighbors=4)
    if rule == "distance transform":
        return split_touching(mask, min_distance=3)
    if rule == "predicted distance":
        depth = ndimage.gaussian_filter(depth, 0.7)
        return split_touching(mask, landscape=-depth, seeds=mask & (depth > 0.5))
    seeds = components(mask & (outline < 0.4), neighbors=4)
    small = np.bincount(seeds.ravel()) < 4
    return split_touching(mask, landscape=outline, seeds=np.where(small[seeds], 0, seeds))
