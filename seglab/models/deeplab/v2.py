"""DeepLab v2: atrous spatial pyramid pooling (ASPP), whose branches score at several rates and are summed.

Paper: Chen, Papandreou, Kokkinos, Murphy, Yuille, "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets,
Atrous Convolution, and Fully Connected CRFs", 2016 (TPAMI 2018), section 3 and figure 7.

Differences from the paper:
- ResNet-50 in place of ResNet-101; each branch is one convolution, as in the paper's residual networks.
- One scale of the image; the paper also feeds it at 0.5 and 0.75 of its size and takes the largest scores.
- The fully connected CRF is not part of the network: `seglab.crf` refines the probabilities afterwards.
- The loss is measured at full size; the paper shrinks the labels to the size of the scores.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import check_choice, check_shape
from seglab.models.encoders import build_encoder

ENCODERS = ("slim", "resnet50", "vgg16")
OUTPUT_STRIDE = 8


def deeplab_v2(input_shape, num_classes, *, encoder="slim", weights=None, base_filters=8, rates=(6, 12, 18, 24)):
    """Build DeepLab v2, without its CRF.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 8, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        encoder: "slim", "resnet50" or "vgg16".
        weights: Weights of an encoder that is not slim: "imagenet", a path, or `None` for random ones.
        base_filters: Number of filters of the slim encoder's first stage.
        rates: Dilation rate of each branch, one or more; they differ. The default is the paper's ASPP-L.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by 8 or an option is unknown.

    Example:
        >>> deeplab_v2((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=OUTPUT_STRIDE)
    check_choice("encoder", encoder, ENCODERS)
    if not rates or len(set(rates)) != len(rates):
        raise InputError(f"rates must be one or more different dilation rates, got {rates!r}")

    # Encoder: from stride 8 on, dilation takes the place of strides
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    network = build_encoder(
        encoder, input_shape[-1], weights=weights, output_stride=OUTPUT_STRIDE, base_filters=base_filters
    )
    x = network(image)[-1]  # (B, H / 8, W / 8, C)

    # ASPP: every branch scores the classes by itself
    branches = []
    for rate in rates:
        branch = layers.Conv2D(
            num_classes, 3, padding="same", dilation_rate=rate, dtype="float32", name=f"aspp_rate{rate}"
        )
        branches.append(branch(x))  # (B, H / 8, W / 8, K)
    scores = layers.Add(dtype="float32", name="scores")(branches) if len(branches) > 1 else branches[0]
    enlarge = layers.UpSampling2D(OUTPUT_STRIDE, interpolation="bilinear", dtype="float32", name="logits")
    return keras.Model(image, enlarge(scores), name="deeplab_v2")  # (B, H, W, K)
