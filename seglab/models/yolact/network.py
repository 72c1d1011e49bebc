"""YOLACT: masks as mixtures of a few prototypes, in one stage.

Paper: Bolya, Zhou, Xiao, Lee, "YOLACT: Real-time Instance Segmentation", ICCV 2019, figures 2 to 4.

Differences from the paper:
- By default a lite pyramid, 12 prototypes at stride 2 (the paper: 32 at stride 4), and one level of anchors with two
  sizes. The prediction heads of the levels share no weights.
- Focal loss of the classes, where the paper mines hard negatives.
- Boxes are coded as in `seglab.boxes`, scaled by (10, 10, 5, 5).
- The mask loss is taken on a fixed number of matched anchors per image, drawn at random, at full size.
"""

import keras
import numpy as np
from keras import layers, ops

from seglab.box_layers import pick
from seglab.boxes import make_anchors
from seglab.errors import InputError
from seglab.layers import conv_bn_relu, join
from seglab.models.fpn import fpn, fuse_levels
from seglab.models.mask_rcnn.network import SMALL_OBJECTS
from seglab.models.yolact.instances import detect
from seglab.models.yolact.losses import yolact_loss


def yolact(
    input_shape,
    num_classes,
    *,
    anchors=SMALL_OBJECTS,
    encoder="lite",
    weights=None,
    prototypes=12,
    filters=48,
):
    """Build a YOLACT. With the paper's sizes: `encoder="resnet50", prototypes=32, filters=256`.

    Args:
        input_shape: (height, width, channels), see `seglab.models.fpn`.
        num_classes: Number of object classes; background is none of them.
        anchors: Sequence of `AnchorLevel` of `seglab.models.mask_rcnn`.
        encoder: "lite" or "resnet50".
        weights: Of the encoder, see `seglab.models.fpn`.
        prototypes: Number of prototypes, and of coefficients for each anchor.
        filters: Channels of the prediction head.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to a dict: `classes` (B, A, K) logits, `offsets`
        (B, A, 4) and `coefficients` (B, A, P) in [-1, 1] of the A anchors, `prototypes` (B, h, w, P), and `semantic`
        (B, h, w, K) logits, which only training looks at. It has its own loss: `compile(optimizer)`, then `fit` on
        batches `(images, {"masks": (B, N, H, W), "classes": (B, N)})`, classes -1 where the table is padded.
        `detect(images)` gives masks, classes and scores.

    Raises:
        InputError: If `anchors` name a level that the pyramid does not have.

    Example:
        >>> model = yolact((64, 64, 3), 1)
        >>> model.output["prototypes"].shape, model.output["coefficients"].shape
        ((None, 32, 32, 12), (None, 1536, 12))
    """
    pyramid = fpn(input_shape, encoder=encoder, weights=weights)
    levels = pyramid.outputs
    width = levels[0].shape[-1]

    # Protonet: masks that belong to nobody yet
    x = fuse_levels(levels[:3], width, name="protonet_conv1")
    x = conv_bn_relu(x, width, name="protonet_conv2")
    x = conv_bn_relu(x, width, name="protonet_conv3")
    drawn = layers.Conv2D(prototypes, 1, activation="relu", name="prototypes")(x)  # (B, h, w, P)

    # Prediction head: class, box, and how much of each prototype
    table, classes, offsets, coefficients = [], [], [], []
    for number, (level, sizes) in enumerate(anchors, 1):
        if not 0 <= level < len(levels):
            raise InputError(f"anchors must name levels 0 to {len(levels) - 1} of the pyramid, got {level}.")
        map_size = levels[level].shape[1:3]
        table.append(make_anchors(map_size, input_shape[0] // map_size[0], sizes))
        x = conv_bn_relu(levels[level], filters, name=f"head{number}_conv")  # (B, h_l, w_l, filters)
        count = 3 * len(sizes)
        rare = keras.initializers.Constant(-3.0)  # an anchor holds a class with probability .05 at the start
        score = layers.Conv2D(count * num_classes, 3, padding="same", bias_initializer=rare, name=f"head{number}_class")
        shift = layers.Conv2D(4 * count, 3, padding="same", name=f"head{number}_box")
        mixed = layers.Conv2D(count * prototypes, 3, padding="same", activation="tanh", name=f"head{number}_mask")
        classes.append(layers.Reshape((-1, num_classes), name=f"head{number}_classes")(score(x)))
        offsets.append(layers.Reshape((-1, 4), name=f"head{number}_offsets")(shift(x)))
        coefficients.append(layers.Reshape((-1, prototypes), name=f"head{number}_coefficients")(mixed(x)))
    outputs = {
        "classes": join(classes, name="classes"),  # (B, A, K)
        "offsets": join(offsets, name="offsets"),
        "coefficients": join(coefficients, name="coefficients"),
        "prototypes": drawn,
        "semantic": layers.Conv2D(num_classes, 1, name="semantic")(levels[0]),
    }
    return YOLACT(pyramid.input, outputs, anchors=np.concatenate(table))


class YOLACT(keras.Model):
    """The network of `yolact` with its loss and its way from outputs to objects."""

    def __init__(self, inputs, outputs, *, anchors):
        super().__init__(inputs, outputs, name="yolact")
        self.anchors = anchors
        self.seed = keras.random.SeedGenerator(0)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Class, box and mask losses with the paper's weights, and the semantic one."""
        return yolact_loss(self, y, y_pred)

    def assemble(self, outputs, chosen):
        """Mix the prototypes with the coefficients of some anchors.

        Args:
            outputs: What the network gave.
            chosen: int tensor (B, M), indices of anchors.

        Returns:
            Tensor (B, M, H, W) of logits at the size of the image, not yet cropped by boxes.
        """
        coefficients = pick(outputs["coefficients"], chosen)  # (B, M, P)
        logits = ops.einsum("bmp,bhwp->bhwm", coefficients, outputs["prototypes"])
        logits = ops.image.resize(logits, self.input_shape[1:3], interpolation="bilinear")
        return ops.transpose(logits, (0, 3, 1, 2))

    def detect(self, images, *, threshold=0.05, batch=16, fast_nms=True):
        """Find the objects in images.

        Args:
            images: Float array (B, H, W, C) in [0, 1].
            threshold: Objects with a lower score are left out.
            batch: Images per step.
            fast_nms: Whether suppressed boxes still suppress, which takes one step, as in the paper.

        Returns:
            List of one dict per image: `masks` bool (n, H, W), `classes` int (n,), `scores` float (n,), `boxes` (n, 4),
            by falling score; what `seglab.metrics.mask_ap` takes.
        """
        return detect(self, images, threshold=threshold, batch=batch, fast_nms=fast_nms)
