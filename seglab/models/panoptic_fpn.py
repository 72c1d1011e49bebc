"""Panoptic FPN: one pyramid, two heads - instances by Mask R-CNN, stuff by a small semantic head - and a merge.

Papers: Kirillov, Girshick, He, Dollar, "Panoptic Feature Pyramid Networks", CVPR 2019, figure 3; the merge is that of
Kirillov, He, Girshick, Rother, Dollar, "Panoptic Segmentation", CVPR 2019, section 6.

Differences from the papers:
- The lite pyramid of `seglab.models.fpn` starts at stride 2, so that the semantic head ends there (the paper: 4).
- Batch normalization in the semantic head (the paper: group normalization), as many channels as the pyramid (128).
- Both losses have weight 1.
"""

import numpy as np
from keras import layers

from seglab.errors import InputError
from seglab.labels import IGNORE, encode_panoptic
from seglab.layers import conv_bn_relu
from seglab.models.mask_rcnn.network import SMALL_OBJECTS, mask_rcnn


def panoptic_fpn(input_shape, num_things, num_stuff, *, anchors=SMALL_OBJECTS, **options):
    """Build a Panoptic FPN.

    Args:
        input_shape: (height, width, channels), see `seglab.models.fpn`.
        num_things: Number of classes whose objects are counted.
        num_stuff: Number of classes whose pixels are not.
        anchors: Sequence of `AnchorLevel` of `seglab.models.mask_rcnn`.
        **options: The other options of `mask_rcnn`.

    Returns:
        `keras.Model` as of `mask_rcnn`, with one output more: `semantic` logits (B, H, W, num_stuff + 1), the last for
        "some thing". Train it with `semantic` labels (B, H, W) among the targets. `detect(images)` gives in each dict
        `semantic` probabilities, too; `merge` makes a panoptic map of it.

    Raises:
        InputError: If there is no stuff, or `anchors` name a level that the pyramid does not have.

    Example:
        >>> panoptic_fpn((64, 96, 3), 2, 4)(np.zeros((1, 64, 96, 3), "float32"))["semantic"].shape
        TensorShape([1, 64, 96, 5])
    """
    if num_stuff < 1:
        raise InputError(f"num_stuff must be at least 1, got {num_stuff!r}. Without stuff take mask_rcnn.")
    return mask_rcnn(input_shape, num_things, anchors=anchors, stuff_classes=num_stuff, **options)


def semantic_head(levels, num_classes, image_size):
    """Bring every level of a pyramid to the size of the finest, add them up, and classify each pixel.

    Args:
        levels: List of tensors (B, H / 2**i, W / 2**i, C), fine to coarse.
        num_classes: Number of classes, "some thing" included.
        image_size: `(height, width)` of the image.

    Returns:
        Tensor (B, height, width, num_classes) of logits.

    Example:
        >>> import keras
        >>> semantic_head([keras.Input((32, 48, 8)), keras.Input((16, 24, 8))], 5, (64, 96)).shape
        (None, 64, 96, 5)
    """
    scaled = []
    for index, x in enumerate(levels):
        for step in range(max(index, 1)):
            x = conv_bn_relu(x, levels[0].shape[-1], name=f"semantic{index}_conv{step + 1}")
            if index:
                x = layers.UpSampling2D(2, interpolation="bilinear", name=f"semantic{index}_up{step + 1}")(x)
        scaled.append(x)  # (B, H, W, C) of the finest level
    x = layers.Add(name="semantic_add")(scaled)
    logits = layers.Conv2D(num_classes, 1, name="semantic_logits")(x)
    factor = image_size[0] // levels[0].shape[1]
    return layers.UpSampling2D(factor, interpolation="bilinear", name="semantic")(logits)  # (B, height, width, K)


def merge(found, *, things, stuff, threshold=0.5, overlap=0.5, least_stuff=30):
    """Resolve the conflicts between objects and stuff: every pixel gets one class and at most one object.

    Objects come first, by falling score. One of which too much is taken already is left out, the others keep what is
    still free. Stuff fills the rest, where there is enough of it.

    Args:
        found: Dict of one image: `masks` bool (n, H, W), `classes` int (n,), `scores` float (n,), and `semantic` float
            (H, W, S + 1), the last channel for "some thing".
        things: Category of each thing class.
        stuff: Category of each stuff class.
        threshold: Objects with a lower score are left out.
        overlap: An object is left out if more than this part of it is taken.
        least_stuff: Pixels below which a stuff class is left out of the image. The papers take 4096, for images of
            about 800 x 1333.

    Returns:
        int32 array (H, W), `category * 1000 + instance`; pixels that nothing claims are void, `255 * 1000`.

    Raises:
        InputError: If there are more classes than categories.

    Example:
        >>> masks = np.array([[[True, True, False, False]], [[False, True, True, False]]])
        >>> semantic = np.array([[[0.9, 0.1]] * 4])
        >>> found = {"masks": masks, "classes": [0, 0], "scores": [0.8, 0.9], "semantic": semantic}
        >>> merge(found, things=[7], stuff=[2], least_stuff=1)
        array([[7002, 7001, 7001, 2000]], dtype=int32)
    """
    semantic = np.asarray(found["semantic"])
    if semantic.shape[-1] != len(stuff) + 1 or max(found["classes"], default=-1) >= len(things):
        raise InputError(
            f"found must have {len(stuff)} stuff channels and one more, and classes below {len(things)}, got "
            f"{semantic.shape[-1]} channels and classes {sorted(set(np.asarray(found['classes']).tolist()))}."
        )
    categories = np.full(semantic.shape[:2], IGNORE)
    instances = np.zeros(semantic.shape[:2], int)
    counts = [0] * len(things)
    for index in np.argsort(-np.asarray(found["scores"], float), kind="stable"):
        mask, klass = found["masks"][index], found["classes"][index]
        free = mask & (instances == 0)
        if found["scores"][index] < threshold or free.sum() < (1 - overlap) * mask.sum() or not free.any():
            continue
        counts[klass] += 1
        categories[free], instances[free] = things[klass], counts[klass]
    best = semantic.argmax(axis=-1)  # (H, W)
    for index, category in enumerate(stuff):
        free = (best == index) & (instances == 0)
        if free.sum() >= least_stuff:
            categories[free] = category
    return encode_panoptic(categories, instances)
