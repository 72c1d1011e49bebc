"""Residual U-Net: sums around the convolutions of a U-Net, on maps that a stem has made four times smaller.

Paper: Zhang, Liu, Wang, "Road Extraction by Deep Residual U-Net", IEEE GRSL 2018, figure 2. The stem is that of Liu et
al., "A ConvNet for the 2020s", CVPR 2022, section 2.3: a convolution that cuts the image into patches.

Differences from the papers:
- A stem: the finest two levels of a U-Net cost most and decide little but the last pixel of an outline.
- Convolution, normalization, ReLU in this order, and a ReLU after the sum, as in the first ResNet; halving by pooling,
  doubling by bilinear interpolation. The road network normalizes first and halves by strides.
- A thin decoder, one 3x3 convolution per level: most of the work is recognition, and the encoder does it.
- The number of filters doubles at most up to 24 times `base_filters`.

Made to learn soon from few images on a CPU; it is what `seglab train` builds.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import BN_MOMENTUM, check_choice, check_shape, conv_bn, conv_bn_relu

WIDEST = 24  # times base_filters


def residual_unet(input_shape, num_classes, *, base_filters=8, stem_stride=4, depth=3):
    """Build a residual U-Net.

    Args:
        input_shape: (height, width, channels); height and width are divisible by `stem_stride * 2**depth`, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        base_filters: A map `s` times smaller than the image has `s * base_filters` filters, at most 24 times as many.
        stem_stride: How many times smaller the first maps are: 1, 2 or 4.
        depth: Number of poolings after that, at least 1.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible or an option is unknown.

    Example:
        >>> residual_unet((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_choice("stem_stride", stem_stride, (1, 2, 4))
    if not isinstance(depth, int) or depth < 1:
        raise InputError(f"depth must be an integer of at least 1, got {depth!r}")
    check_shape(input_shape, num_classes, multiple=stem_stride * 2**depth)
    filters = [base_filters * min(stem_stride * 2**level, WIDEST) for level in range(depth + 1)]

    # Stem: S is its stride
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    x = layers.Rescaling(4.0, offset=-2.0, name="pixels")(image)
    if stem_stride > 1:
        x = layers.Conv2D(filters[0], stem_stride, strides=stem_stride, use_bias=False, name="stem")(x)
        x = layers.BatchNormalization(momentum=BN_MOMENTUM, name="stem_bn")(x)
        x = layers.ReLU(name="stem_relu")(x)  # (B, H / S, W / S, filters)

    # Encoder
    encoded = []
    for level in range(depth):
        x = _residual_block(x, filters[level], name=f"encoder{level + 1}")
        encoded.append(x)  # (B, H / S / 2**level, W / S / 2**level, filters)
        x = layers.MaxPooling2D(2, name=f"encoder{level + 1}_pool")(x)
    x = _residual_block(x, filters[depth], name="bottleneck")

    # Decoder: fewer filters before the size doubles, so that they cost a quarter
    for level in reversed(range(depth)):
        x = conv_bn_relu(x, filters[level], kernel_size=1, name=f"decoder{level + 1}_reduce")
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"decoder{level + 1}_up")(x)
        x = layers.Concatenate(name=f"decoder{level + 1}_skip")([encoded[level], x])
        x = conv_bn_relu(x, filters[level], name=f"decoder{level + 1}")
    logits = layers.Conv2D(num_classes, 1, dtype="float32", name="scores")(x)  # (B, H / S, W / S, K)
    if stem_stride > 1:
        enlarge = layers.UpSampling2D(stem_stride, interpolation="bilinear", dtype="float32", name="logits")
        logits = enlarge(logits)  # (B, H, W, K)
    return keras.Model(image, logits, name="residual_unet")


def _residual_block(x, filters, *, name):
    """Two 3x3 convolutions and a way around them; a 1x1 convolution on it where the number of filters changes."""
    around = x if x.shape[-1] == filters else conv_bn(x, filters, kernel_size=1, name=f"{name}_around")
    x = conv_bn_relu(x, filters, name=f"{name}_conv1")
    x = conv_bn(x, filters, name=f"{name}_conv2")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([around, x]))
