"""Mask R-CNN: a region proposal network says where, three heads say what, how large exactly, and which pixels.

Papers: He, Gkioxari, Dollar, Girshick, "Mask R-CNN", ICCV 2017, figures 1 and 4; Ren, He, Girshick, Sun, "Faster R-CNN:
Towards Real-Time Object Detection with Region Proposal Networks", NeurIPS 2015; on the pyramid of `seglab.models.fpn`.

Differences from the papers:
- By default a lite pyramid; all regions are cut out of one fused map of its finest size, where the paper chooses a
  level by the region's area. Objects here have one or two sizes.
- Boxes and masks are class-agnostic by default; `class_specific=True` is the paper's.
- Half of the sampled regions are positive (the paper: a quarter), and an anchor is positive from IoU .6 on (.7): in
  small images the rest has nothing new to say.
- Every count is fixed: so many anchors, proposals and regions per image, with weights of 0 where there are too few.
  Suppression runs a fixed number of rounds.
- Offsets are scaled by (10, 10, 5, 5) in both stages, so that the losses weigh alike.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from seglab.box_layers import box_iou, kept_by_nms, pick, roi_align
from seglab.boxes import make_anchors
from seglab.errors import InputError
from seglab.layers import conv_bn_relu, join
from seglab.models.fpn import fpn, fuse_levels
from seglab.models.mask_rcnn.instances import detect
from seglab.models.mask_rcnn.losses import mask_rcnn_loss
from seglab.models.mask_rcnn.regions import boxes_of, of_class

BEFORE_NMS, AFTER_NMS = 96, 48
BOX_BINS, MASK_BINS = 7, 14


class AnchorLevel(NamedTuple):
    """Anchors on one level of the pyramid, of three shapes (heights 0.5, 1 and 2 times the width) for each size.

    Attributes:
        level: Index of the level in the pyramid, 0 the finest.
        sizes: Square roots of their areas, in pixels.
    """

    level: int
    sizes: tuple


SMALL_OBJECTS = (AnchorLevel(1, (10, 16)),)


def paper_anchors():
    """One size on each of P2 to P6, as in the paper of the pyramid.

    Example:
        >>> [one.sizes for one in paper_anchors()]
        [(32,), (64,), (128,), (256,), (512,)]
    """
    return tuple(AnchorLevel(level, (32 * 2**level,)) for level in range(5))


def mask_rcnn(
    input_shape,
    num_classes,
    *,
    anchors=SMALL_OBJECTS,
    encoder="lite",
    weights=None,
    regions=32,
    class_specific=False,
    head_filters=48,
    head_units=96,
    mask_layers=3,
    stuff_classes=0,
):
    """Build a Mask R-CNN. With the paper's sizes: `head_filters=256, head_units=1024, mask_layers=4, regions=512`.

    Args:
        input_shape: (height, width, channels), see `seglab.models.fpn`.
        num_classes: Number of object classes; background is none of them.
        anchors: Sequence of `AnchorLevel`. The default is for objects of 8 to 20 pixels.
        encoder: "lite" or "resnet50".
        weights: Of the encoder, see `seglab.models.fpn`.
        regions: Regions per image that the heads learn from.
        class_specific: Whether box and mask are predicted once for every class.
        head_filters: Channels of the mask head.
        head_units: Units of the two dense layers of the box head.
        mask_layers: Convolutions of the mask head.
        stuff_classes: Number of classes that are not counted: adds the semantic head of Panoptic FPN. See
            `seglab.models.panoptic_fpn`.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to a dict: `objectness` (B, A) logits and `offsets`
        (B, A, 4) of the A anchors, `features` for the heads, and `semantic` logits (B, H, W, stuff_classes + 1) if
        there is stuff. It has its own loss: `compile(optimizer)`, then `fit` on batches `(images, {"masks":
        (B, N, H, W), "classes": (B, N)})`, classes -1 where the table is padded. `detect(images)` gives masks, classes
        and scores.

    Raises:
        InputError: If `anchors` name a level that the pyramid does not have.

    Example:
        >>> model = mask_rcnn((64, 64, 3), 1)
        >>> {name: tensor.shape[1:] for name, tensor in model(np.zeros((1, 64, 64, 3), "float32")).items()}["offsets"]
        TensorShape([1536, 4])
    """
    pyramid = fpn(input_shape, encoder=encoder, weights=weights)
    levels = pyramid.outputs
    channels = levels[0].shape[-1]

    # Region proposal network: is there an object around this cell, and where exactly?
    table, objectness, offsets = [], [], []
    for number, (level, sizes) in enumerate(anchors, 1):
        if not 0 <= level < len(levels):
            raise InputError(f"anchors must name levels 0 to {len(levels) - 1} of the pyramid, got {level}.")
        map_size = levels[level].shape[1:3]
        table.append(make_anchors(map_size, input_shape[0] // map_size[0], sizes))
        x = conv_bn_relu(levels[level], head_filters, name=f"rpn{number}_conv")
        rare = keras.initializers.Constant(-2.0)  # an anchor is an object with probability .12 at the start
        count = 3 * len(sizes)
        score = layers.Conv2D(count, 1, bias_initializer=rare, name=f"rpn{number}_objectness")(x)
        shift = layers.Conv2D(4 * count, 1, kernel_initializer="zeros", name=f"rpn{number}_offsets")(x)
        objectness.append(layers.Reshape((-1,), name=f"rpn{number}_scores")(score))  # (B, h * w * count)
        offsets.append(layers.Reshape((-1, 4), name=f"rpn{number}_shifts")(shift))
    outputs = {
        "objectness": join(objectness, name="objectness"),
        "offsets": join(offsets, name="offsets"),
        "features": fuse_levels(levels[:3], channels, name="fused"),  # (B, h, w, C)
    }
    if stuff_classes:
        from seglab.models.panoptic_fpn import semantic_head

        outputs["semantic"] = semantic_head(levels, stuff_classes + 1, input_shape[:2])  # (B, H, W, S + 1)
    boxes, masks = (num_classes, num_classes) if class_specific else (1, 1)
    model = MaskRCNN(
        keras.Model(pyramid.input, outputs, name="regions"),
        _box_head(channels, head_units, num_classes, boxes),
        _mask_head(channels, head_filters, mask_layers, masks),
        anchors=np.concatenate(table),
        regions=regions,
    )
    model.build((None, *input_shape))
    return model


def _box_head(channels, units, num_classes, boxes):
    """Class (background is 0) and box of a region."""
    region = keras.Input((BOX_BINS, BOX_BINS, channels), name="region")
    x = layers.Flatten(name="flat")(region)
    x = layers.Dense(units, activation="relu", name="fc1")(x)
    x = layers.Dense(units, activation="relu", name="fc2")(x)
    logits = layers.Dense(num_classes + 1, name="class")(x)
    small = keras.initializers.RandomNormal(stddev=0.001)
    offsets = layers.Dense(4 * boxes, kernel_initializer=small, name="offsets")(x)
    return keras.Model(region, [logits, layers.Reshape((boxes, 4), name="box")(offsets)], name="box_head")


def _mask_head(channels, filters, count, masks):
    """Mask of a region: 14 x 14 features, 28 x 28 logits."""
    x = region = keras.Input((MASK_BINS, MASK_BINS, channels), name="region")
    for number in range(1, count + 1):
        x = conv_bn_relu(x, filters, name=f"conv{number}")
    x = layers.Conv2DTranspose(filters, 2, strides=2, activation="relu", name="up")(x)  # (M, 28, 28, filters)
    return keras.Model(region, layers.Conv2D(masks, 1, name="mask")(x), name="mask_head")


class MaskRCNN(keras.Model):
    """The network of `mask_rcnn` with its loss and its way from outputs to objects."""

    def __init__(self, network, box_head, mask_head, *, anchors, regions):
        super().__init__(name="mask_rcnn")
        self.network, self.box_head, self.mask_head = network, box_head, mask_head
        self.anchors, self.regions = anchors, regions
        self.image_size = tuple(network.input_shape[1:3])
        self.num_classes = box_head.output_shape[0][-1] - 1
        self.strides = self.image_size[0] // network.output["features"].shape[1]
        self.seed = keras.random.SeedGenerator(0)

    def build(self, input_shape):
        """Nothing is left to build: the three parts are built."""
        self.built = True

    def call(self, images, training=False):
        """Compute everything that does not depend on which regions are looked at."""
        return self.network(images, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The paper's L = L_cls + L_box + L_mask, and the two losses of the proposals."""
        return mask_rcnn_loss(self, y, y_pred, training)

    def proposals(self, outputs, *, threshold):
        """Turn the best anchors into boxes, and drop those that repeat a better one.

        Args:
            outputs: What the network gave.
            threshold: IoU above which a box is dropped.

        Returns:
            `(boxes, scores)`: (B, P, 4) in pixels and (B, P) logits, falling; dropped boxes end up last with a score
            below -1000.
        """
        scores, best = ops.top_k(outputs["objectness"], min(BEFORE_NMS, len(self.anchors)))
        anchors = ops.take(ops.convert_to_tensor(self.anchors), best, axis=0)  # (B, 96, 4)
        boxes = boxes_of(anchors, pick(outputs["offsets"], best), self.image_size)
        kept = kept_by_nms(box_iou(boxes, boxes), threshold)
        scores, best = ops.top_k(scores - 1e4 * (1 - kept), min(AFTER_NMS, scores.shape[1]))
        return pick(boxes, best), scores

    def read_boxes(self, features, boxes, training=False):
        """Classify regions.

        Args:
            features: Tensor (B, h, w, C).
            boxes: Tensor (B, M, 4).
            training: Whether the head learns.

        Returns:
            `(logits, offsets)`: (B, M, K + 1), background first, and (B, M, 1 or K, 4), scaled.
        """
        logits, offsets = self.box_head(self._cut(features, boxes, BOX_BINS), training=training)
        count = boxes.shape[1]
        return ops.reshape(logits, (-1, count, logits.shape[-1])), ops.reshape(offsets, (-1, count, *offsets.shape[1:]))

    def read_masks(self, features, boxes, classes, training=False):
        """Draw the masks of regions.

        Args:
            features: Tensor (B, h, w, C).
            boxes: Tensor (B, M, 4).
            classes: int tensor (B, M), from 0; which mask of a class-specific head counts.
            training: Whether the head learns.

        Returns:
            Tensor (B, M, 28, 28) of logits.
        """
        logits = self.mask_head(self._cut(features, boxes, MASK_BINS), training=training)
        logits = ops.reshape(logits, (-1, boxes.shape[1], *logits.shape[1:]))  # (B, M, 28, 28, 1 or K)
        return of_class(ops.transpose(logits, (0, 1, 4, 2, 3)), classes)

    def detect(self, images, *, threshold=0.05, batch=16):
        """Find the objects in images.

        Args:
            images: Float array (B, H, W, C) in [0, 1].
            threshold: Objects with a lower score are left out.
            batch: Images per step.

        Returns:
            List of one dict per image: `masks` bool (n, H, W), `classes` int (n,), `scores` float (n,), `boxes` (n, 4),
            by falling score; what `seglab.metrics.mask_ap` takes. With stuff also `semantic`, float (H, W, S + 1).
        """
        return detect(self, images, threshold=threshold, batch=batch)

    def _cut(self, features, boxes, bins):
        """Regions as a batch of their own. (B * M, bins, bins, C)"""
        regions = roi_align(features, boxes, (bins, bins), strides=self.strides)
        return ops.reshape(regions, (-1, bins, bins, features.shape[-1]))
