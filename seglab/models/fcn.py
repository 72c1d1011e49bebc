"""FCN: a fully convolutional network that sums coarse and fine class scores.

Paper: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015, figure 3.

Differences from the paper:
- `encoder="vgg16"` is the paper's, its fully connected layers converted to convolutions. The slim encoder, the
  default, has one convolution per pooled stage and few filters, and batch normalization in place of ImageNet weights.
  It has no fully connected layers to convert: the coarsest scores are read off `pool5`.
- Sizes are multiples of 32 and `padding="same"` keeps the grids aligned, in place of 100 pixels of padding and a crop.
- Everything is trained at once from random weights; the paper fine-tunes 16s from 32s and 8s from 16s, with the new
  score layers starting at zero.
- All upsampling kernels are fixed or all are learned (`upsampling`). The paper initializes the inner ones bilinearly
  and learns them; its published code fixes every one.
"""

import keras
from keras import layers

from seglab.errors import InputError
from seglab.layers import check_choice, check_shape, conv_bn_relu, upsample
from seglab.models.encoders import build_encoder, load_network


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


def fcn(
    input_shape,
    num_classes,
    *,
    variant="8s",
    encoder="slim",
    base_filters=8,
    fc_filters=4096,
    upsampling="fixed",
    weights=None,
):
    """Build an FCN; the variant names the stride of the finest map that is scored.

    Args:
        input_shape: (height, width, channels); height and width are divisible by 32, or `None`.
        num_classes: Number of classes `K`, background included; 1 means a single foreground logit.
        variant: "32s" upsamples the scores of `pool5` by 32; "16s" adds those of `pool4`, "8s" those of `pool3` too.
        encoder: "slim", or "vgg16" with the convolutions that were its fully connected layers.
        base_filters: Number of filters of the slim encoder's first stage.
        fc_filters: Number of filters of the two converted layers of "vgg16"; 4096 in the paper.
        upsampling: "fixed" keeps the transposed convolutions bilinear; "learned" trains them from there.
        weights: Weights of the classifier VGG16, its fully connected layers included: "imagenet", the path of a file,
            or `None` for random ones.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to float32 logits (B, H, W, K).

    Raises:
        InputError: If a size is not divisible by 32, an option is unknown, or the weights cannot be read.

    Example:
        >>> fcn((64, 96, 3), 4, variant="16s").output_shape
        (None, 64, 96, 4)
    """
    check_shape(input_shape, num_classes, multiple=32)
    check_choice("variant", variant, ("8s", "16s", "32s"))
    check_choice("encoder", encoder, ("slim", "vgg16"))
    check_choice("upsampling", upsampling, ("fixed", "learned"))
    if weights is not None and (encoder != "vgg16" or fc_filters != 4096):
        raise InputError(
            f"weights are those of VGG16 with 4096 filters, got encoder={encoder!r} and fc_filters={fc_filters}. Take "
            "weights=None?"
        )
    classifier = None if weights is None else load_network("vgg16", weights, include_top=True)
    learned = upsampling == "learned"

    # Encoder
    image = keras.Input(input_shape, name="image")  # (B, H, W, C)
    if encoder == "slim":
        _, _, pool3, pool4, coarse = slim_encoder(image, base_filters)
    else:
        _, _, pool3, pool4, pool5 = build_encoder("vgg16", input_shape[-1])(image)
        coarse = _converted_layers(pool5, fc_filters)  # (B, H / 32, W / 32, fc_filters)

    # Scores, coarse to fine
    scores, stride = _score(coarse, num_classes, name="score5"), 32  # (B, H / 32, W / 32, K)
    if variant in ("16s", "8s"):
        scores = upsample(scores, 2, name="upsample5", learned=learned)  # (B, H / 16, W / 16, K)
        fine = _score(pool4, num_classes, name="score4")
        scores, stride = layers.Add(dtype="float32", name="fuse4")([scores, fine]), 16
    if variant == "8s":
        scores = upsample(scores, 2, name="upsample4", learned=learned)  # (B, H / 8, W / 8, K)
        fine = _score(pool3, num_classes, name="score3")
        scores, stride = layers.Add(dtype="float32", name="fuse3")([scores, fine]), 8
    logits = upsample(scores, stride, name="logits", learned=learned)  # (B, H, W, K)
    model = keras.Model(image, logits, name=f"fcn_{variant}")
    if classifier is not None:
        _copy_vgg16(model, classifier)
    return model


def _score(x, num_classes, *, name):
    """Class scores of every position, by a 1x1 convolution in float32."""
    return layers.Conv2D(num_classes, 1, dtype="float32", name=name)(x)  # (B, H, W, K)


def _converted_layers(x, filters):
    """The fully connected layers of VGG16 at every position: the first one looks at 7x7 positions."""
    for name, kernel_size in (("fc6", 7), ("fc7", 1)):
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu", name=name)(x)
        x = layers.Dropout(0.5, name=f"{name}_dropout")(x)
    return x


def _copy_vgg16(model, classifier):
    """Give an FCN the weights of the classifier VGG16; the score layers stay as they are."""
    convolutions = [array for layer in classifier.layers if "conv" in layer.name for array in layer.get_weights()]
    model.get_layer("encoder").set_weights(convolutions)
    for name, dense in (("fc6", "fc1"), ("fc7", "fc2")):
        convolution = model.get_layer(name)
        kernel, bias = classifier.get_layer(dense).get_weights()
        convolution.set_weights([dense_to_conv_kernel(kernel, convolution.kernel.shape[:3]), bias])


def dense_to_conv_kernel(kernel, map_shape):
    """Rewrite the weights of a fully connected layer as those of a convolution that covers the whole map.

    A flattened map lists its values row by row, column by column, channels last; so does a convolution's kernel.

    Args:
        kernel: Array of shape (height * width * C, filters), the weights of a `Dense` layer.
        map_shape: (height, width, C) of the map before it was flattened.

    Returns:
        Array of shape (height, width, C, filters).

    Raises:
        InputError: If the map has another number of values than the layer has inputs.

    Example:
        >>> import numpy as np
        >>> dense_to_conv_kernel(np.zeros((6, 5)), (1, 3, 2)).shape
        (1, 3, 2, 5)
    """
    height, width, channels = map_shape
    if height * width * channels != kernel.shape[0]:
        raise InputError(
            f"map_shape must have as many values as kernel has inputs, got {height} x {width} x {channels} and "
            f"{kernel.shape[0]}. Is it the shape before Flatten?"
        )
    return kernel.reshape(height, width, channels, kernel.shape[1])


def convert_classifier(classifier):
    """Turn a classifier with fully connected layers into a network that scores every window of a larger image.

    Source: Long, Shelhamer, Darrell (2015), section 3.1 and figure 2.

    Args:
        classifier: `keras.Model` for images of one size. After its `Flatten` there is a chain of `Dense`, `Dropout`
            and activation layers.

    Returns:
        `keras.Model` with the same weights for images of any size at least as large. At the size of the classifier it
        gives the same scores, of shape (B, 1, 1, K).

    Raises:
        InputError: If there is no such `Flatten`, or something else after it.

    Example:
        >>> parts = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(5)]
        >>> convert_classifier(keras.Sequential(parts)).output_shape
        (None, None, None, 5)
    """
    flattens = [index for index, layer in enumerate(classifier.layers) if isinstance(layer, layers.Flatten)]
    if len(flattens) != 1:
        raise InputError(f"classifier must have one Flatten, got {len(flattens)}. Where does it leave the maps?")
    flatten, tail = classifier.layers[flattens[0]], classifier.layers[flattens[0] + 1 :]
    image = keras.Input((None, None, classifier.input_shape[-1]), name="image")
    body = keras.Model(classifier.inputs, flatten.input)
    copy = keras.models.clone_model(body, input_tensors=[image])
    copy.set_weights(body.get_weights())

    x, map_shape = copy.outputs[0], flatten.input.shape[1:]  # (height, width, C) of the last map
    kernels = []
    for layer in tail:
        if isinstance(layer, layers.Dense):
            # The first one covers the whole map, the others one position.
            convolution = layers.Conv2D(
                layer.units, map_shape[:2], activation=layer.activation, use_bias=layer.use_bias, name=layer.name
            )
            kernels.append((convolution, layer, map_shape))
            x, map_shape = convolution(x), (1, 1, layer.units)
        elif isinstance(layer, layers.Dropout | layers.Activation | layers.ReLU | layers.Softmax):
            x = layer.__class__.from_config(layer.get_config())(x)
        else:
            raise InputError(
                f"classifier must end in Dense, Dropout and activations after Flatten, got {layer.__class__.__name__}"
            )
    model = keras.Model(image, x, name="fully_convolutional")
    for convolution, dense, shape in kernels:
        kernel, *bias = dense.get_weights()
        convolution.set_weights([dense_to_conv_kernel(kernel, shape), *bias])
    return model
