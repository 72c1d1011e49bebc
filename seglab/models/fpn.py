"""Feature pyramid network: fine maps that know what the coarse ones know.

Paper: Lin, Dollar, Girshick, He, Hariharan, Belongie, "Feature Pyramid Networks for Object Detection", CVPR 2017,
figure 3.

Differences from the paper:
- `encoder="lite"` is a plain encoder of two convolutions per stride that trains on a CPU. Its pyramid starts at stride
  2, for objects of ten pixels: masks drawn at stride 4 cannot follow their outlines. The way down is bilinear, and the
  last convolution of each level has batch normalization and a ReLU.
- With `encoder="resnet50"` the pyramid is the paper's: P2 to P5 of 256 channels, nearest-neighbor on the way down, and
  P6 by subsampling P5.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import BN_MOMENTUM, check_choice, check_shape, conv_bn_relu
from seglab.models.encoders import build_encoder

LITE_WIDTHS = (24, 32, 48, 64)


def fpn(input_shape, *, encoder="lite", weights=None, filters=None):
    """Build the pyramid that the detection networks of this package stand on.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 16 ("lite") or 64.
        encoder: "lite", or "resnet50" with the sizes of the paper.
        weights: "imagenet", a path or `None`, for "resnet50"; see `seglab.models.encoders`.
        filters: Channels of every level. 32 for "lite" and 256 for "resnet50" if `None`.

    Returns:
        `keras.Model` named "pyramid" from float images (B, H, W, C) in [0, 1] to a list of maps, fine to coarse: of
        stride 2, 4, 8, 16 ("lite") or 4, 8, 16, 32, 64.

    Raises:
        InputError: If a side is `None` or not divisible, or an option is unknown.

    Example:
        >>> [level.shape[1:] for level in fpn((64, 96, 3)).outputs]
        [(32, 48, 32), (16, 24, 32), (8, 12, 32), (4, 6, 32)]
    """
    check_choice("encoder", encoder, ("lite", "resnet50"))
    check_shape(input_shape, 1, multiple=16 if encoder == "lite" else 64)
    if None in input_shape:
        raise InputError(
            f"input_shape must have no side None, got {input_shape!r}: boxes and grids are laid out when a network is "
            "built."
        )
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    if encoder == "lite":
        if weights is not None:
            raise InputError(f"weights are for encoder='resnet50', got {weights!r} with 'lite'. Leave them out.")
        return keras.Model(image, _lite(image, filters or 32), name="pyramid")
    encoded = build_encoder(encoder, input_shape[2], weights=weights)(image)[1:]  # C2 to C5
    return keras.Model(image, _paper(encoded, filters or 256), name="pyramid")


def _paper(encoded, filters):
    """P2 to P5 from C2 to C5, and P6."""
    level, levels = None, []
    for number, x in zip((5, 4, 3, 2), reversed(encoded), strict=True):
        lateral = layers.Conv2D(filters, 1, name=f"p{number}_lateral")(x)
        if level is not None:
            level = layers.UpSampling2D(2, name=f"p{number}_topdown")(level)
            lateral = layers.Add(name=f"p{number}_add")([lateral, level])
        level = lateral
        levels.insert(0, layers.Conv2D(filters, 3, padding="same", name=f"p{number}")(level))
    return [*levels, layers.MaxPooling2D(1, strides=2, name="p6")(levels[-1])]


def _lite(image, filters):
    """Levels of stride 2, 4, 8 and 16, encoder included."""
    x, encoded = image, []
    for stage, width in enumerate(LITE_WIDTHS, 1):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name=f"stage{stage}_conv1")(x)
        x = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"stage{stage}_conv1_bn")(x)
        x = layers.ReLU(name=f"stage{stage}_conv1_relu")(x)
        x = conv_bn_relu(x, width, name=f"stage{stage}_conv2")  # (B, H / 2**stage, W / 2**stage, width)
        encoded.append(x)
    level, levels = None, []
    for stage, x in zip((4, 3, 2, 1), reversed(encoded), strict=True):
        lateral = layers.Conv2D(filters, 1, name=f"level{stage}_lateral")(x)
        if level is not None:
            level = layers.UpSampling2D(2, interpolation="bilinear", name=f"level{stage}_topdown")(level)
            lateral = layers.Add(name=f"level{stage}_add")([lateral, level])
        level = lateral
        levels.insert(0, conv_bn_relu(level, filters, name=f"level{stage}"))
    return levels


def fuse_levels(levels, filters, *, name):
    """Sum levels at the size of the finest: what mask features and prototypes are drawn on.

    Args:
        levels: List of tensors (B, H / 2**i, W / 2**i, C), fine to coarse.
        filters: Channels of the result.
        name: Prefix of the layers.

    Returns:
        Tensor (B, H, W, filters) of the finest level's size.

    Example:
        >>> fuse_levels(fpn((64, 96, 3)).outputs[:3], 24, name="fused").shape
        (None, 32, 48, 24)
    """
    scaled = [levels[0]]
    for index, level in enumerate(levels[1:], 1):
        x = layers.Conv2D(levels[0].shape[-1], 1, name=f"{name}{index}_lateral")(level)
        scaled.append(layers.UpSampling2D(2**index, interpolation="bilinear", name=f"{name}{index}_up")(x))
    return conv_bn_relu(layers.Add(name=f"{name}_add")(scaled), filters, name=name)
