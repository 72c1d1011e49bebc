"""FCN: a fully convolutional network that sums coarse and fine class scores.

Paper: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015, figure 3.

Differences from the paper:
- The slim encoder has one convolution per pooled stage and few filters, in place of VGG16, and batch normalization in
  place of ImageNet weights. It has no fully connected layers to convert: the coarsest scores are read off `pool5`.
- Sizes are multiples of 32 and `padding="same"` keeps the grids aligned, in place of 100 pixels of padding and a crop.
- Everything is trained at once from random weights; the paper fine-tunes 16s from 32s and 8s from 16s, with the new
  score layers starting at zero.
- All upsampling kernels are fixed or all are learned (`upsampling`). The paper initializes the inner ones bilinearly
  and learns them; its published code fixes every one.
"""

import keras
from keras import layers

from seglab.layers import check_choice, check_shape, conv_bn_relu, upsample


def slim_encoder(image, base_filters=8):
    """Halve the size five times; one convolution per stage.

    Args:
        image: Tensor of shape (B, H, W, C), values in [0, 1].
        base_filters: Number of filters of the first stage; they double up to the fourth.

    Returns:
        List of the five pooled maps; map `i` (from 1) has shape (B, H / 2**i, W / 2**i, filters).

    Example:
        >>> import keras
        >>> [pooled.shape[1:] for pooled in slim_encoder(keras.Input((64, 96, 3)))][-1]
        (2, 3, 64)
    """
    x, pooled = image, []
    for stage, factor in enumerate((1, 2, 4, 8, 8), start=1):
        x = conv_bn_relu(x, base_filters * factor, name=f"conv{stage}")
        x = layers.MaxPooling2D(2, name=f"pool{stage}")(x)  # (B, H / 2**stage, W / 2**stage, filters)
        pooled.append(x)
    return pooled


def fcn(input_shape, num_classes, *, variant="8s", encoder="slim", base_filters=8, upsampling="fixed"):
    """Build an FCN; the variant names the stride of the finest map that is scored.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 32, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        variant: "32s" upsamples the scores of `pool5` by 32; "16s" adds those of `pool4`, "8s" those of `pool3` too.
        encoder: Only "slim".
        base_filters: Number of filters of the encoder's first stage.
        upsampling: "fixed" keeps the transposed convolutions bilinear; "learned" trains them from there.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by 32 or an option is unknown.

    Example:
        >>> fcn((64, 96, 3), 4, variant="16s").output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=32)
    check_choice("variant", variant, ("8s", "16s", "32s"))
    check_choice("encoder", encoder, ("slim",))
    check_choice("upsampling", upsampling, ("fixed", "learned"))
    learned = upsampling == "learned"

    # Encoder
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    _, _, pool3, pool4, pool5 = slim_encoder(image, base_filters)

    # Scores, coarse to fine
    scores, stride = _score(pool5, num_classes, name="score5"), 32  # (B, H / 32, W / 32, K)
    if variant in ("16s", "8s"):
        scores = upsample(scores, 2, name="upsample5", learned=learned)  # (B, H / 16, W / 16, K)
        fine = _score(pool4, num_classes, name="score4")
        scores, stride = layers.Add(dtype="float32", name="fuse4")([scores, fine]), 16
    if variant == "8s":
        scores = upsample(scores, 2, name="upsample4", learned=learned)  # (B, H / 8, W / 8, K)
        fine = _score(pool3, num_classes, name="score3")
        scores, stride = layers.Add(dtype="float32", name="fuse3")([scores, fine]), 8
    logits = upsample(scores, stride, name="logits", learned=learned)  # (B, H, W, K)
    return keras.Model(image, logits, name=f"fcn_{variant}")


def _score(x, num_classes, *, name):
    """Class scores of every position, by a 1x1 convolution in float32."""
    return layers.Conv2D(num_classes, 1, dtype="float32", name=name)(x)  # (B, H, W, K)
