"""SegNet: a decoder that puts every value back where max pooling found it.

Paper: Badrinarayanan, Kendall, Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image
Segmentation", TPAMI 2017, figures 2 and 3.

Differences from the paper:
- 8 filters in the first stage by default; `base_filters=64` is the paper's network, 13 convolutions of VGG16 and their
  mirror image.
- The last layer ends in logits, without the softmax.
- `unpooling="nearest"` is for comparison: it repeats each value over its window and forgets where the maximum was.

Each convolution keeps its bias as in the paper, though batch normalization subtracts it again in training: the
encoder can then start from the weights of VGG16, which have biases.
"""

import keras
from keras import layers, ops

from seglab.errors import InputError
from seglab.layers import BN_MOMENTUM, check_choice, check_shape
from seglab.models.encoders import load_network, network_pixels

# Filters of each stage's convolutions as multiples of the first stage's; VGG16 starts at 64.
STAGES = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))


@keras.saving.register_keras_serializable(package="seglab")
class MaxPoolingWithIndices(layers.Layer):
    """Max pooling over windows of 2x2 pixels that also says which of the four was the largest.

    The indices count the pixels of a window in reading order: 0 and 1 above, 2 and 3 below. Two bits of memory hold
    one, which is what SegNet keeps of a map in place of the map. Of equal pixels the first counts.

    Called on a tensor of shape (B, H, W, C) with even H and W, it returns the largest values (B, H / 2, W / 2, C) and
    their indices, uint8 of the same shape.

    Example:
        >>> x = keras.ops.reshape(keras.ops.array([[1.0, 3, 2, 1], [4, 2, 0, 5]]), (1, 2, 4, 1))
        >>> values, indices = MaxPoolingWithIndices()(x)
        >>> values.numpy().ravel(), indices.numpy().ravel()
        (array([4., 5.], dtype=float32), array([2, 3], dtype=uint8))
    """

    def call(self, x):
        corners = [x[:, row::2, col::2] for row in (0, 1) for col in (0, 1)]
        windows = ops.stack(corners, axis=-1)  # (B, H / 2, W / 2, C, 4)
        return ops.max(windows, axis=-1), ops.cast(ops.argmax(windows, axis=-1), "uint8")


@keras.saving.register_keras_serializable(package="seglab")
class MaxUnpooling(layers.Layer):
    """Put every value at its index in a window of 2x2 pixels, and zeros at the other three.

    Called on values (B, H, W, C) and the indices of a `MaxPoolingWithIndices`, it returns (B, 2 H, 2 W, C).

    Example:
        >>> values, indices = keras.ops.ones((1, 1, 1, 1)), keras.ops.full((1, 1, 1, 1), 2)
        >>> MaxUnpooling()(values, indices).numpy()[0, :, :, 0]
        array([[0., 0.],
               [1., 0.]], dtype=float32)
    """

    def call(self, values, indices):
        channels = values.shape[-1]
        _, height, width, _ = ops.shape(values)
        corners = [ops.where(indices == corner, values, ops.zeros_like(values)) for corner in range(4)]
        windows = ops.stack(corners, axis=3)  # (B, H, W, 4, C)
        windows = ops.reshape(windows, (-1, height, width, 2, 2, channels))
        rows = ops.transpose(windows, (0, 1, 3, 2, 4, 5))  # (B, H, 2, W, 2, C)
        return ops.reshape(rows, (-1, 2 * height, 2 * width, channels))


def segnet(input_shape, num_classes, *, base_filters=8, unpooling="indices", weights=None):
    """Build a SegNet.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 32, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        base_filters: Number of filters of the first stage; 64 in the paper.
        unpooling: "indices" puts each value back where it was the maximum, "nearest" repeats it four times.
        weights: Weights of VGG16 for the encoder of 64 base filters: "imagenet", the path of a file saved without the
            classifier, or `None` for random ones.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by 32, an option is unknown, or the weights do not fit.

    Example:
        >>> segnet((64, 96, 3), 4).output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=32)
    check_choice("unpooling", unpooling, ("indices", "nearest"))
    if weights is not None and (base_filters != 64 or input_shape[-1] != 3):
        raise InputError(
            f"weights are those of VGG16, for RGB images and base_filters=64, got {input_shape[-1]} channels and "
            f"base_filters={base_filters}. Take weights=None?"
        )

    network = None if weights is None else load_network("vgg16", weights)

    # Encoder: convolutions, keep the indices, halve
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    x = network_pixels(image, "vgg16") if network is not None else image
    indices = []
    for stage, factors in enumerate(STAGES, start=1):
        for number, factor in enumerate(factors, start=1):
            x = _conv_bn_relu(x, base_filters * factor, name=f"encoder{stage}_conv{number}")
        x, where = MaxPoolingWithIndices(name=f"encoder{stage}_pool")(x)  # (B, H / 2**stage, W / 2**stage, filters)
        indices.append(where)

    # Decoder: the same backwards; the last convolution of a stage takes the filters of the next one
    for stage in range(5, 0, -1):
        if unpooling == "indices":
            x = MaxUnpooling(name=f"decoder{stage}_unpool")(x, indices[stage - 1])
        else:
            x = layers.UpSampling2D(2, name=f"decoder{stage}_unpool")(x)  # (B, H / 2**(stage - 1), ..., filters)
        factors = STAGES[stage - 1]
        for number in range(len(factors), 1, -1):
            x = _conv_bn_relu(x, base_filters * factors[0], name=f"decoder{stage}_conv{number}")
        if stage > 1:
            x = _conv_bn_relu(x, base_filters * STAGES[stage - 2][-1], name=f"decoder{stage}_conv1")
    logits = layers.Conv2D(num_classes, 3, padding="same", dtype="float32", name="logits")(x)  # (B, H, W, K)

    model = keras.Model(image, logits, name=f"segnet_{unpooling}")
    if network is not None:
        _copy_vgg16(model, network)
    return model


def _conv_bn_relu(x, filters, *, name):
    """A 3x3 convolution with bias, batch normalization and ReLU."""
    x = layers.Conv2D(filters, 3, padding="same", name=name)(x)  # (B, H, W, filters)
    x = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _copy_vgg16(model, network):
    """Give the encoder the 13 convolutions of a VGG16."""
    for stage, factors in enumerate(STAGES, start=1):
        for number in range(1, len(factors) + 1):
            convolution = network.get_layer(f"block{stage}_conv{number}")
            model.get_layer(f"encoder{stage}_conv{number}").set_weights(convolution.get_weights())
