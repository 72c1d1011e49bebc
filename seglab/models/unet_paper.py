"""The U-Net of the paper: convolutions without padding, so that every output pixel has seen real pixels only.

Paper: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015,
figure 1 and section 3.

The output is smaller than the input, 388 for 572: an image of any size is labeled tile by tile, see `seglab.tiling`;
which sizes fit is in `seglab.unet_sizes`. The U-Net with padding, whose output has the size of its input, is `unet`.

Differences from the paper:
- Logits; the softmax is part of the loss.
- The paper places dropout "at the end of the contracting path": here after the last level of the encoder (its skip
  included) and after the bottleneck.
- Keras cuts off the tails of the normal distribution of He's initialization and keeps its variance, but it draws the
  kernels of the up-convolutions, after which no ReLU comes here, with half of it.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import check_shape
from seglab.unet_sizes import crops, output_size


def unet_paper(input_shape, num_classes, *, base_filters=64, depth=4, dropout=0.5):
    """Build the U-Net with valid convolutions.

    Args:
        input_shape: (height, width, channels); height and width legal (`seglab.unet_sizes.is_legal`), such as 572, or
            `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        base_filters: Number of filters at full size; they double at every pooling.
        depth: Number of poolings, at least 1.
        dropout: Share of values set to 0 in training, in [0, 1).

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H - 2 m, W - 2 m, K), where the
        margin `m` is 92 for 4 poolings (`seglab.unet_sizes.margin`). Logit (i, j) belongs to pixel (i + m, j + m).

    Raises:
        InputError: If a size is not legal or an option out of range.

    Example:
        >>> unet_paper((188, 204, 1), 2, base_filters=2).output_shape
        (None, 4, 20, 2)
    """
    skip_crops = crops(depth)
    if not 0 <= dropout < 1:
        raise InputError(f"dropout must lie in [0, 1), got {dropout!r}. 0 switches it off.")
    check_shape(input_shape, num_classes, multiple=1)
    for size in input_shape[:2]:
        if size is not None:
            output_size(size, depth)

    # Encoder ("contracting path"): two convolutions, keep the map for the skip, halve. Sizes for 572 x 572.
    x = image = keras.Input(input_shape, name="image")  # (B, 572, 572, C)
    encoded = []
    for level in range(1, depth + 1):
        x = _two_valid_convs(x, base_filters * 2 ** (level - 1), name=f"encoder{level}")  # 568, 280, 136, 64
        if level == depth:
            x = layers.Dropout(dropout, name=f"encoder{level}_dropout")(x)
        encoded.append(x)
        x = layers.MaxPooling2D(2, name=f"encoder{level}_pool")(x)  # 284, 140, 68, 32
    x = _two_valid_convs(x, base_filters * 2**depth, name="bottleneck")  # (B, 28, 28, 1024)
    x = layers.Dropout(dropout, name="bottleneck_dropout")(x)

    # Decoder ("expansive path"): double the size, crop the skip to it, append, two convolutions
    for level in range(depth, 0, -1):
        filters = base_filters * 2 ** (level - 1)
        x = _conv(layers.Conv2DTranspose, filters, 2, strides=2, name=f"decoder{level}_upconv")(x)  # 56, 104, 200, 392
        skip = layers.Cropping2D(skip_crops[level - 1], name=f"decoder{level}_crop")(encoded[level - 1])
        x = layers.Concatenate(name=f"decoder{level}_skip")([skip, x])  # (B, h, w, 2 * filters)
        x = _two_valid_convs(x, filters, name=f"decoder{level}")  # 52, 100, 196, 388
    logits = _conv(layers.Conv2D, num_classes, 1, dtype="float32", name="logits")(x)  # (B, 388, 388, K)
    return keras.Model(image, logits, name="unet_paper")


def _two_valid_convs(x, filters, *, name):
    """The two 3x3 convolutions of every block, each with bias and ReLU; each takes a pixel off every side."""
    for number in (1, 2):
        x = _conv(layers.Conv2D, filters, 3, activation="relu", name=f"{name}_conv{number}")(x)  # (B, h - 2, w - 2, f)
    return x


def _conv(kind, filters, size, **options):
    """A layer without padding, initialized as the paper does (after He et al., 2015)."""
    return kind(filters, size, padding="valid", kernel_initializer="he_normal", **options)
