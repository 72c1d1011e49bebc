"""DeepLab v3+: the ASPP of v3 becomes an encoder; a small decoder brings back fine detail from stride 4.

Paper: Chen, Zhu, Papandreou, Schroff, Adam, "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation", ECCV 2018, section 3 and figure 2.

Differences from the paper:
- ResNet-50 or MobileNetV2 in place of the modified Xception.
- Sizes are multiples of the output stride, at least of 4, and pixels are squares; the paper aligns corners.
- No multi-grid: the paper's ResNet has it, its Xception does not.
- The slim encoder is for small images on a CPU; head and decoder are narrower too.
"""

import keras
from keras import layers

from seglab.layers import BN_MOMENTUM, check_choice, check_shape, conv_bn_relu
from seglab.models.deeplab.v3 import aspp, paper_rates
from seglab.models.encoders import build_encoder

ENCODERS = ("slim", "resnet50", "mobilenet_v2")


def deeplab_v3plus(
    input_shape,
    num_classes,
    *,
    encoder="slim",
    weights=None,
    base_filters=8,
    output_stride=16,
    rates=None,
    head_filters=None,
    low_level_filters=48,
    separable=True,
):
    """Build DeepLab v3+.

    Args:
        input_shape: (height, width, channels); height and width are divisible by `output_stride`, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        encoder: "slim", "resnet50" or "mobilenet_v2".
        weights: Weights of an encoder that is not slim: "imagenet", a path, or `None` for random ones.
        base_filters: Number of filters of the slim encoder's first stage.
        output_stride: How many times smaller than the image the encoder's map is, 16 or 8.
        rates: Dilation rates of the three 3x3 branches; `None` means the paper's 6, 12, 18 at output stride 16 and
            twice that at 8.
        head_filters: Number of filters of ASPP and decoder; `None` means the paper's 256, and `4 * base_filters`
            behind the slim encoder.
        low_level_filters: Number of channels to which the map of stride 4 is reduced, so that it does not outweigh
            the rich map from below.
        separable: Whether the 3x3 convolutions of ASPP and decoder are depthwise separable.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by `output_stride` or an option is unknown.

    Example:
        >>> deeplab_v3plus((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_choice("output_stride", output_stride, (16, 8))
    check_shape(input_shape, num_classes, multiple=output_stride)
    check_choice("encoder", encoder, ENCODERS)
    head_filters = head_filters or (4 * base_filters if encoder == "slim" else 256)
    block = separable_conv_bn_relu if separable else conv_bn_relu

    # Encoder: the map of stride 4, and v3 without its scores; S is the output stride, F is `head_filters`
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    network = build_encoder(
        encoder, input_shape[-1], weights=weights, output_stride=output_stride, base_filters=base_filters
    )
    _, low_level, _, _, x = network(image)  # (B, H / 4, W / 4, C), (B, H / S, W / S, C)
    x = aspp(x, head_filters, rates=rates or paper_rates(output_stride), block=block)  # (B, H / S, W / S, F)

    # Decoder
    x = layers.UpSampling2D(output_stride // 4, interpolation="bilinear", name="decoder_upsampled")(x)
    skip = conv_bn_relu(low_level, low_level_filters, kernel_size=1, name="decoder_low_level")  # (B, H / 4, W / 4, 48)
    x = layers.Concatenate(name="decoder_concat")([x, skip])  # (B, H / 4, W / 4, F + 48)
    x = block(x, head_filters, name="decoder_conv1")
    x = block(x, head_filters, name="decoder_conv2")  # (B, H / 4, W / 4, F)
    scores = layers.Conv2D(num_classes, 1, dtype="float32", name="scores")(x)  # (B, H / 4, W / 4, K)
    logits = layers.UpSampling2D(4, interpolation="bilinear", dtype="float32", name="logits")(scores)
    return keras.Model(image, logits, name="deeplab_v3plus")  # (B, H, W, K)


def separable_conv_bn_relu(x, filters, *, name, dilation_rate=1):
    """Filter each channel by its own 3x3 kernel, then mix channels pixel by pixel; both normalized and rectified.

    Args:
        x: Tensor of shape (B, H, W, C).
        filters: Number of output channels.
        name: Name of the mixing convolution; the filtering one adds `_depthwise`.
        dilation_rate: Distance of the pixels that two neighboring weights of the kernel see.

    Returns:
        Tensor of shape (B, H, W, filters), not negative.

    Example:
        >>> separable_conv_bn_relu(keras.Input((8, 12, 3)), 5, name="block").shape
        (None, 8, 12, 5)
    """
    depthwise = layers.DepthwiseConv2D(
        3, padding="same", dilation_rate=dilation_rate, use_bias=False, name=f"{name}_depthwise"
    )
    x = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_depthwise_bn")(depthwise(x))  # (B, H, W, C)
    x = layers.ReLU(name=f"{name}_depthwise_relu")(x)
    return conv_bn_relu(x, filters, kernel_size=1, name=name)
