"""DeepLab v1 (LargeFOV): a classifier that keeps stride 8, and one atrous convolution with a large field of view.

Paper: Chen, Papandreou, Kokkinos, Murphy, Yuille, "Semantic Image Segmentation with Deep Convolutional Nets and Fully
Connected CRFs", ICLR 2015, sections 3 and 5 (DeepLab-LargeFOV).

Differences from the paper:
- The fully connected CRF is not part of the network. `seglab.crf` refines the probabilities afterwards, as it did in
  the paper, where network and CRF were trained apart as well.
- VGG16 pools over 2x2 pixels as in the classifier; the published network pools over 3x3.
- The two layers behind the encoder start from random weights, in place of subsampled weights of the classifier.
- The loss is measured at full size; the paper shrinks the labels to the size of the scores.
- The slim encoder is for small images on a CPU; its head is narrower too.
"""

import keras
from keras import layers

from seglab.layers import check_choice, check_shape
from seglab.models.encoders import build_encoder

ENCODERS = ("slim", "vgg16")
OUTPUT_STRIDE = 8


def deeplab_v1(
    input_shape, num_classes, *, encoder="slim", weights=None, base_filters=8, head_filters=None, rate=12, dropout=0.5
):
    """Build DeepLab-LargeFOV, without its CRF.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 8, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        encoder: "slim" or "vgg16".
        weights: Weights of a VGG16 encoder: "imagenet", a path, or `None` for random ones.
        base_filters: Number of filters of the slim encoder's first stage.
        head_filters: Number of filters of fc6 and fc7; `None` means the paper's 1024 behind VGG16 and
            `16 * base_filters` behind the slim encoder.
        rate: Dilation rate of fc6; with 12 its 3x3 kernel spans 25 x 25 cells, 200 x 200 pixels.
        dropout: Share of the values of fc6 and fc7 that are dropped in training.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by 8 or an option is unknown.

    Example:
        >>> deeplab_v1((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=OUTPUT_STRIDE)
    check_choice("encoder", encoder, ENCODERS)
    head_filters = head_filters or (16 * base_filters if encoder == "slim" else 1024)

    # Encoder: from stride 8 on, dilation takes the place of pooling
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    network = build_encoder(
        encoder, input_shape[-1], weights=weights, output_stride=OUTPUT_STRIDE, base_filters=base_filters
    )
    x = network(image)[-1]  # (B, H / 8, W / 8, C)

    # Head: the classifier's fully connected layers as convolutions, the first one atrous
    fc6 = layers.Conv2D(head_filters, 3, padding="same", dilation_rate=rate, activation="relu", name="fc6")
    x = layers.Dropout(dropout, name="drop6")(fc6(x))  # (B, H / 8, W / 8, head_filters)
    x = layers.Conv2D(head_filters, 1, activation="relu", name="fc7")(x)
    x = layers.Dropout(dropout, name="drop7")(x)
    scores = layers.Conv2D(num_classes, 1, dtype="float32", name="scores")(x)  # (B, H / 8, W / 8, K)
    enlarge = layers.UpSampling2D(OUTPUT_STRIDE, interpolation="bilinear", dtype="float32", name="logits")
    return keras.Model(image, enlarge(scores), name="deeplab_v1")  # (B, H, W, K)
