"""U-Net: an encoder, a decoder of the same depth, and skips that carry fine feature maps across.

Paper: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015,
figure 1.

Differences from the paper:
- `padding="same"`: the output has the size of the input (the paper: 572 in, 388 out), and skips need no crop.
- 3 poolings and 8 filters by default (the paper: 4 and 64).
- Batch normalization after every 3x3 convolution, in place of dropout at the end of the encoder.
- `skips="add"` and `skips="none"` are for comparison; the paper concatenates.

Two U-Nets that are published as tables of layers stand below with their own weight counts: `unet_six_level` and
`unet_two_level`. Both end in a sigmoid where they were published; here they end in logits, which needs no weights.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import check_choice, check_shape, conv_bn_relu


def unet(input_shape, num_classes, *, base_filters=8, depth=3, skips="concat"):
    """Build a U-Net.

    Args:
        input_shape: (height, width, channels); height and width are divisible by `2**depth`, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        base_filters: Number of filters at full size; they double at every pooling.
        depth: Number of poolings, at least 1.
        skips: "concat" appends the encoder's map to the decoder's, "add" sums the two, "none" leaves it out.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by `2**depth` or an option is unknown.

    Example:
        >>> unet((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    if not isinstance(depth, int) or depth < 1:
        raise InputError(f"depth must be an integer of at least 1, got {depth!r}")
    check_shape(input_shape, num_classes, multiple=2**depth)
    check_choice("skips", skips, ("concat", "add", "none"))

    # Encoder: double convolution, keep the map for the skip, halve
    x = image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    encoded = []
    for level in range(1, depth + 1):
        x = _double_conv(x, base_filters * 2 ** (level - 1), name=f"encoder{level}")
        encoded.append(x)  # (B, H / 2**(level - 1), W / 2**(level - 1), filters)
        x = layers.MaxPooling2D(2, name=f"encoder{level}_pool")(x)
    x = _double_conv(x, base_filters * 2**depth, name="bottleneck")  # (B, H / 2**depth, W / 2**depth, filters)

    # Decoder: double the size, merge the skip, double convolution
    for level in range(depth, 0, -1):
        filters = base_filters * 2 ** (level - 1)
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"decoder{level}_upconv")(x)
        if skips == "concat":
            x = layers.Concatenate(name=f"decoder{level}_skip")([encoded[level - 1], x])
        elif skips == "add":
            x = layers.Add(name=f"decoder{level}_skip")([encoded[level - 1], x])
        x = _double_conv(x, filters, name=f"decoder{level}")
    logits = layers.Conv2D(num_classes, 1, dtype="float32", name="logits")(x)  # (B, H, W, K)
    return keras.Model(image, logits, name=f"unet_{skips}")


def _double_conv(x, filters, *, name):
    """The two 3x3 convolutions of every level of the figure."""
    x = conv_bn_relu(x, filters, name=f"{name}_conv1")
    return conv_bn_relu(x, filters, name=f"{name}_conv2")


def unet_six_level():
    """Build the U-Net of 6,667,639 weights: six poolings, and a decoder thinner than its encoder.

    The encoder's filters double from 8 to 256 and reach 512 in the bottleneck; the transposed convolutions have 64
    filters, halved at every level down to 2, so that the skips dominate the decoder. The two convolutions before the
    output keep the last decoder level's 16 filters. Layer names are those of the published table.

    Source: Oltean, "Image segmentation" (lecture), table of layers.

    Returns:
        `keras.Model` from float images (B, 256, 256, 3) in [0, 1] to float32 logits (B, 256, 256, 1).

    Example:
        >>> unet_six_level().count_params()
        6667639
    """
    # Encoder
    x = image = keras.Input((256, 256, 3), name="Input")
    filters, encoded = 8, []
    for level in range(1, 7):
        x = _two_relu_convs(x, filters, names=(f"Conv_Down_{level}_1", f"Conv_Down_{level}_2"))
        encoded.append(x)
        x = layers.MaxPooling2D(2, name=f"Pool_Down_{level}")(x)
        filters *= 2
    x = _two_relu_convs(x, filters, names=("Conv_Bottle_1", "Conv_Bottle_2"))  # (B, 4, 4, 512)

    # Decoder
    up_filters = 64
    x = layers.Conv2DTranspose(up_filters, 2, strides=2, name="Conv_Transp_Bottle_")(x)
    x = layers.Concatenate(name="Concatenate_Bottle_")([x, encoded.pop()])  # (B, 8, 8, 64 + 256)
    for level in range(1, 6):
        filters, up_filters = filters // 2, up_filters // 2
        x = _two_relu_convs(x, filters, names=(f"Conv_Up_{level}_1", f"Conv_Up_{level}_2"))
        x = layers.Conv2DTranspose(up_filters, 2, strides=2, name=f"Conv_Transp_Up_{level}")(x)
        x = layers.Concatenate(name=f"Concatenate_Up_{level}")([x, encoded.pop()])
    x = _two_relu_convs(x, filters, names=("Conv_Classif_1", "Conv_Classif_2"))  # (B, 256, 256, 16)
    logits = layers.Conv2D(1, 1, dtype="float32", name="Conv_Out")(x)  # (B, 256, 256, 1)
    return keras.Model(image, logits, name="unet_six_level")


def unet_two_level():
    """Build the U-Net of 1,862,849 weights: two poolings, 64, 128 and 256 filters.

    Source: Rodner, "Semantic segmentation" (lecture), code listing.

    Returns:
        `keras.Model` from float images (B, 128, 128, 3) in [0, 1] to float32 logits (B, 128, 128, 1).

    Example:
        >>> unet_two_level().count_params()
        1862849
    """
    # Encoder
    image = keras.Input((128, 128, 3), name="image")
    fine = _two_relu_convs(image, 64, names=("encoder1_conv1", "encoder1_conv2"))  # (B, 128, 128, 64)
    x = layers.MaxPooling2D(2, name="encoder1_pool")(fine)
    coarse = _two_relu_convs(x, 128, names=("encoder2_conv1", "encoder2_conv2"))  # (B, 64, 64, 128)
    x = layers.MaxPooling2D(2, name="encoder2_pool")(coarse)
    x = _two_relu_convs(x, 256, names=("bottleneck_conv1", "bottleneck_conv2"))  # (B, 32, 32, 256)

    # Decoder
    x = layers.Conv2DTranspose(128, 2, strides=2, name="decoder2_upconv")(x)
    x = layers.Concatenate(name="decoder2_skip")([x, coarse])  # (B, 64, 64, 128 + 128)
    x = _two_relu_convs(x, 128, names=("decoder2_conv1", "decoder2_conv2"))
    x = layers.Conv2DTranspose(64, 2, strides=2, name="decoder1_upconv")(x)
    x = layers.Concatenate(name="decoder1_skip")([x, fine])  # (B, 128, 128, 64 + 64)
    x = _two_relu_convs(x, 64, names=("decoder1_conv1", "decoder1_conv2"))
    logits = layers.Conv2D(1, 1, dtype="float32", name="logits")(x)  # (B, 128, 128, 1)
    return keras.Model(image, logits, name="unet_two_level")


def _two_relu_convs(x, filters, *, names):
    """The two 3x3 convolutions of the published tables: with bias, without batch normalization."""
    for name in names:
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
    return x
