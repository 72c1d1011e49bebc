"""DeepLab v3: ASPP with batch normalization, a 1x1 branch and image pooling; branches are concatenated.

Paper: Chen, Papandreou, Schroff, Adam, "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017,
section 3 and figure 5.

Differences from the paper:
- ResNet-50 in place of ResNet-101, in the form that Keras has pretrained.
- Sizes are multiples of the output stride and pixels are squares; the paper uses odd sizes (513) and aligns corners.
- Batch normalization is trained with everything else; the paper freezes it for a second stage at output stride 8.
- The slim encoder is for small images on a CPU; its ASPP is narrower too. On its small maps most taps of the large
  rates fall outside: pass smaller `rates`.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import AdaptiveAveragePooling, ResizeLike, check_choice, check_shape, conv_bn_relu
from seglab.models.encoders import build_encoder

ENCODERS = ("slim", "resnet50")


def deeplab_v3(
    input_shape,
    num_classes,
    *,
    encoder="slim",
    weights=None,
    base_filters=8,
    output_stride=16,
    rates=None,
    multigrid=None,
    head_filters=None,
):
    """Build DeepLab v3.

    Args:
        input_shape: (height, width, channels); height and width are divisible by `output_stride`, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        encoder: "slim" or "resnet50".
        weights: Weights of a ResNet-50 encoder: "imagenet", a path, or `None` for random ones.
        base_filters: Number of filters of the slim encoder's first stage.
        output_stride: How many times smaller than the image the encoder's map is, 16 or 8.
        rates: Dilation rates of the three 3x3 branches; `None` means the paper's 6, 12, 18 at output stride 16 and
            twice that at 8.
        multigrid: Factors on the dilation rate of the three blocks of ResNet-50's last stage; `None` means the
            paper's (1, 2, 4). The slim encoder has one block per stage and takes `None` only.
        head_filters: Number of filters of every branch; `None` means the paper's 256 behind ResNet-50 and
            `4 * base_filters` behind the slim encoder.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by `output_stride` or an option is unknown.

    Example:
        >>> deeplab_v3((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_choice("output_stride", output_stride, (16, 8))
    check_shape(input_shape, num_classes, multiple=output_stride)
    check_choice("encoder", encoder, ENCODERS)
    head_filters = head_filters or (4 * base_filters if encoder == "slim" else 256)

    # Encoder: the last strides become dilation; S is the output stride
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    network = build_encoder(
        encoder,
        input_shape[-1],
        weights=weights,
        output_stride=output_stride,
        multigrid=multigrid or ((1, 2, 4) if encoder == "resnet50" else (1, 1, 1)),
        base_filters=base_filters,
    )
    x = network(image)[-1]  # (B, H / S, W / S, C)

    # Head
    x = aspp(x, head_filters, rates=rates or paper_rates(output_stride))  # (B, H / S, W / S, head_filters)
    scores = layers.Conv2D(num_classes, 1, dtype="float32", name="scores")(x)  # (B, H / S, W / S, K)
    enlarge = layers.UpSampling2D(output_stride, interpolation="bilinear", dtype="float32", name="logits")
    return keras.Model(image, enlarge(scores), name="deeplab_v3")  # (B, H, W, K)


def aspp(x, filters, *, rates, block=conv_bn_relu):
    """Look at a map through a 1x1 convolution, 3x3 convolutions at several rates, and its average.

    The average passes a batch normalization of one number per image and channel: train with two images or more.

    Args:
        x: Tensor of shape (B, h, w, C).
        filters: Number of filters of every branch and of the result.
        rates: Dilation rates of the 3x3 branches, all different.
        block: Function that is called like `conv_bn_relu` for the 3x3 branches.

    Returns:
        Tensor of shape (B, h, w, filters), not negative.

    Raises:
        InputError: If two rates are equal.

    Example:
        >>> aspp(keras.Input((33, 65, 64)), 16, rates=(6, 12, 18)).shape
        (None, 33, 65, 16)
    """
    if len(set(rates)) != len(rates):
        raise InputError(f"rates must be different dilation rates, got {rates!r}")
    branches = [conv_bn_relu(x, filters, kernel_size=1, name="aspp_1x1")]  # (B, h, w, filters)
    for rate in rates:
        branches.append(block(x, filters, dilation_rate=rate, name=f"aspp_rate{rate}"))
    mean = AdaptiveAveragePooling(1, name="aspp_mean")(x)  # (B, 1, 1, C)
    mean = conv_bn_relu(mean, filters, kernel_size=1, name="aspp_image")
    branches.append(ResizeLike(name="aspp_image_resized")([mean, x]))  # (B, h, w, filters)
    x = layers.Concatenate(name="aspp_concat")(branches)  # (B, h, w, filters * number of branches)
    return conv_bn_relu(x, filters, kernel_size=1, name="aspp")


def paper_rates(output_stride):
    """Dilation rates that span the same pixels at every output stride: 6, 12, 18 at 16.

    Args:
        output_stride: 16 or 8.

    Returns:
        Three integers.

    Example:
        >>> paper_rates(8)
        (12, 24, 36)
    """
    return tuple(rate * 16 // output_stride for rate in (6, 12, 18))
