"""PSPNet: a pyramid of averages gives every pixel the context of its region and of the whole image.

Paper: Zhao, Shi, Qi, Wang, Jia, "Pyramid Scene Parsing Network", CVPR 2017, figures 3 and 4.

Differences from the paper:
- ResNet-50 in the form that Keras has pretrained (one 7x7 convolution first), in place of three 3x3 convolutions.
- Regions adapt to the size of the map; the published network pools a 60x60 map with fixed kernels.
- Sizes are multiples of 8 and pixels are squares; the published network aligns corners.
- The auxiliary scores are enlarged to the image like the main ones.
- The slim encoder is for small images on a CPU; pyramid and head follow its number of channels.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import AdaptiveAveragePooling, ResizeLike, check_choice, check_shape, conv_bn_relu
from seglab.models.encoders import build_encoder

ENCODERS = ("slim", "resnet50", "mobilenet_v2")
OUTPUT_STRIDE = 8
AUXILIARY_WEIGHT = 0.4


def pspnet(
    input_shape,
    num_classes,
    *,
    encoder="slim",
    weights=None,
    base_filters=8,
    bins=(1, 2, 3, 6),
    auxiliary=False,
    dropout=0.1,
):
    """Build a PSPNet.

    With `auxiliary=True` a second head scores the encoder's last but one stage, to train it better. Compile the model
    with the same loss for both, `loss=[f, f], loss_weights=[1, AUXILIARY_WEIGHT]`; after training,
    `keras.Model(model.input, model.outputs[0])` is the network alone, with the same weights.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 8, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        encoder: "slim", "resnet50" or "mobilenet_v2".
        weights: Weights of an encoder that is not slim: "imagenet", a path, or `None` for random ones.
        base_filters: Number of filters of the slim encoder's first stage.
        bins: Number of regions along a side, for each level of the pyramid; all different.
        auxiliary: Whether the model has the auxiliary head too.
        dropout: Share of the values before the scores that are dropped in training.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K), or to two of them,
        main and auxiliary.

    Raises:
        InputError: If a size is not divisible by 8 or an option is unknown.

    Example:
        >>> pspnet((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=OUTPUT_STRIDE)
    check_choice("encoder", encoder, ENCODERS)

    # Encoder: from stride 8 on, dilation takes the place of strides
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    network = build_encoder(
        encoder, input_shape[-1], weights=weights, output_stride=OUTPUT_STRIDE, base_filters=base_filters
    )
    *_, before_last, last = network(image)  # both (B, H / 8, W / 8, C)

    # Head
    x = pyramid_pooling(last, bins=bins)  # (B, H / 8, W / 8, 2 C)
    logits = _head(x, last.shape[-1] // 4, num_classes, dropout=dropout, name="logits")  # (B, H, W, K)
    if not auxiliary:
        return keras.Model(image, logits, name="pspnet")
    auxiliary_logits = _head(before_last, before_last.shape[-1] // 4, num_classes, dropout=dropout, name="auxiliary")
    return keras.Model(image, [logits, auxiliary_logits], name="pspnet")


def pyramid_pooling(x, *, bins):
    """Append to a map its averages over grids of regions.

    Every level has the channels of the map divided by the number of levels, so that all levels together weigh as
    much as the map itself. Batch normalization of the level with one region sees one number per image and channel:
    train with two images or more.

    Args:
        x: Tensor of shape (B, h, w, C).
        bins: Number of regions along a side, for each level; all different.

    Returns:
        Tensor of shape (B, h, w, 2 C) where the number of levels divides C.

    Raises:
        InputError: If there is no level, or two are equal, or more than channels.

    Example:
        >>> pyramid_pooling(keras.Input((60, 60, 2048)), bins=(1, 2, 3, 6)).shape
        (None, 60, 60, 4096)
    """
    if not bins or len(set(bins)) != len(bins) or len(bins) > x.shape[-1]:
        raise InputError(f"bins must be different numbers of regions, at most {x.shape[-1]} of them, got {bins!r}")
    levels = [x]
    for count in bins:
        level = AdaptiveAveragePooling(count, name=f"pyramid{count}_mean")(x)  # (B, count, count, C)
        level = conv_bn_relu(level, x.shape[-1] // len(bins), kernel_size=1, name=f"pyramid{count}")
        levels.append(ResizeLike(name=f"pyramid{count}_resized")([level, x]))  # (B, h, w, C / levels)
    return layers.Concatenate(name="pyramid_concat")(levels)  # (B, h, w, 2 C)


def _head(x, filters, num_classes, *, dropout, name):
    """A 3x3 convolution, scores, and enlargement to the image."""
    x = conv_bn_relu(x, filters, name=f"{name}_conv")  # (B, H / 8, W / 8, filters)
    x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    scores = layers.Conv2D(num_classes, 1, dtype="float32", name=f"{name}_scores")(x)  # (B, H / 8, W / 8, K)
    return layers.UpSampling2D(OUTPUT_STRIDE, interpolation="bilinear", dtype="float32", name=name)(scores)
