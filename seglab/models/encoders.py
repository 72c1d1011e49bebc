"""Encoders: from an image to five maps, each of half the size of the one before.

Papers: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015 (VGG16);
He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016 (ResNet-50); Sandler, Howard, Zhu,
Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018; Yu, Koltun, "Multi-Scale Context
Aggregation by Dilated Convolutions", ICLR 2016 (dilation in place of strides).

Differences from the papers:
- The three networks are those of `keras.applications` without their classifiers. They take images in [0, 1]; what the
  published weights expect instead (blue first, minus a mean, times 255) is computed inside.
- `output_stride` 16 or 8 removes the last strides and dilates what follows, so that the same weights see the same
  pixels: every second or fourth position of a denser map is the map of the original network. Only the last pooling of
  VGG16 is an exception at stride 8, for Keras has no dilated pooling.
- Batch normalization keeps the momentum of `keras.applications`, 0.99 or 0.999: on a short run from random weights its
  statistics lag behind.
- MobileNetV2 ends with its last block (320 channels), without the 1x1 convolution that feeds its classifier.
- The slim encoder is a residual network with one block of two convolutions per stage and few filters.
"""

import warnings
from numbers import Integral
from pathlib import Path

import keras
from keras import layers, ops

from seglab.errors import InputError
from seglab.layers import check_choice, conv_bn

ENCODERS = ("slim", "vgg16", "resnet50", "mobilenet_v2")
OUTPUT_STRIDES = (8, 16, 32)

# The last map at each of the strides 2, 4, 8, 16, 32.
TAPS = {
    "vgg16": tuple(f"block{stage}_pool" for stage in range(1, 6)),
    "resnet50": ("conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
    "mobilenet_v2": (
        "expanded_conv_project_BN", "block_2_add", "block_5_add", "block_12_add", "block_16_project_BN",
    ),
}  # fmt: skip


def build_encoder(name, channels=3, *, weights=None, output_stride=32, multigrid=(1, 1, 1), base_filters=8):
    """Build an encoder by its name.

    Args:
        name: "vgg16", "resnet50", "mobilenet_v2", or "slim" for a small residual network.
        channels: Number of channels of the image; 3 unless the encoder is slim.
        weights: "imagenet" downloads the published ones, a path reads a weights file of the same network (without the
            classifier), `None` starts from random ones.
        output_stride: 32, 16 or 8: how many times smaller the last map is. Below 32, dilation stands for strides.
        multigrid: Factors of the dilation in the three blocks of the last stage of "resnet50"; DeepLab v3 uses
            (1, 2, 4). The others have no such blocks.
        base_filters: Number of filters of the slim encoder's first stage; the others have their own.

    Returns:
        `keras.Model` named "encoder" from float images (B, H, W, C) in [0, 1] to a list of five maps; map `i` (from 1)
        has stride `2**i`, at most `output_stride`. Set its `trainable` to freeze it.

    Raises:
        InputError: If an option is unknown or the weights cannot be read.

    Example:
        >>> import keras
        >>> maps = build_encoder("slim", output_stride=8)(keras.Input((64, 96, 3)))
        >>> [m.shape[1:] for m in maps]
        [(32, 48, 8), (16, 24, 8), (8, 12, 16), (8, 12, 32), (8, 12, 64)]
    """
    check_choice("encoder", name, ENCODERS)
    check_choice("output_stride", output_stride, OUTPUT_STRIDES)
    if len(multigrid) != 3 or not all(isinstance(factor, Integral) and factor >= 1 for factor in multigrid):
        raise InputError(f"multigrid must be three whole numbers of at least 1, got {multigrid!r}")
    if name != "resnet50" and tuple(multigrid) != (1, 1, 1):
        raise InputError(f"multigrid is for the blocks of 'resnet50', got {multigrid!r} for {name!r}. Leave it out?")
    if name == "slim":
        return slim_resnet(channels, base_filters, weights=weights, output_stride=output_stride)
    if channels != 3:
        raise InputError(f"encoder {name!r} takes RGB images, got {channels} channels. Take encoder='slim'?")
    return _pretrained(name, weights, output_stride, multigrid)


def slim_resnet(channels=3, base_filters=8, *, weights=None, output_stride=32):
    """Build a residual encoder that trains on a CPU: a strided convolution, then four blocks.

    Args:
        channels: Number of channels of the image.
        base_filters: Number of filters of the first two maps; they double from map to map after that.
        weights: Path of a `.weights.h5` file of the same encoder, or `None` for random weights.
        output_stride: 32, 16 or 8.

    Returns:
        `keras.Model` named "encoder", as in `build_encoder`.

    Raises:
        InputError: If the weights cannot be read.

    Example:
        >>> [m.shape[-1] for m in slim_resnet(1, 4).outputs]
        [4, 4, 8, 16, 32]
    """
    image = keras.Input((None, None, channels), name="image")
    x = conv_bn(image, base_filters, strides=2, name="stage1_conv")
    x = layers.ReLU(name="stage1_out")(x)  # (B, H / 2, W / 2, filters)
    maps = [x]
    for stage in range(2, 6):
        stride = 2**stage
        strides = 2 if stride <= output_stride else 1
        # The first convolution still walks on the grid of the stage before, the second one on its own.
        before, after = max(1, stride // 2 // output_stride), max(1, stride // output_stride)
        filters = base_filters * 2 ** (stage - 2)
        name = f"stage{stage}"
        y = conv_bn(x, filters, strides=strides, dilation_rate=before, name=f"{name}_conv1")
        y = layers.ReLU(name=f"{name}_relu")(y)
        y = conv_bn(y, filters, dilation_rate=after, name=f"{name}_conv2")
        shortcut = conv_bn(x, filters, kernel_size=1, strides=strides, name=f"{name}_shortcut")
        x = layers.Add(name=f"{name}_add")([shortcut, y])
        x = layers.ReLU(name=f"{name}_out")(x)  # (B, H / stride, W / stride, filters), at least H / output_stride
        maps.append(x)
    model = keras.Model(image, maps, name="encoder")
    if weights is not None:
        _check_path(weights)
        try:
            model.load_weights(weights)
        except (ValueError, OSError, KeyError) as error:
            raise InputError(f"weights {str(weights)!r} do not fit the slim encoder: {error}") from error
    return model


def _pretrained(name, weights, output_stride, multigrid):
    """One of the networks of `keras.applications`, from images in [0, 1] to its five maps."""
    image = keras.Input((None, None, 3), name="image")
    network = load_network(name, weights)
    maps = [network.get_layer(tap).output for tap in TAPS[name]]
    network = keras.Model(network.input, maps, name=name)
    if output_stride < 32 or tuple(multigrid) != (1, 1, 1):
        dilated = keras.models.clone_model(
            network, clone_function=lambda layer: _dilated(layer, name, output_stride, multigrid)
        )
        dilated.set_weights(network.get_weights())
        network = dilated
    return keras.Model(image, network(network_pixels(image, name)), name="encoder")


def load_network(name, weights, *, include_top=False):
    """Build one of the networks of `keras.applications` for images of any size.

    Args:
        name: "vgg16", "resnet50" or "mobilenet_v2".
        weights: "imagenet", a path, or `None`.
        include_top: Whether to keep the classifier; the images then have 224x224 pixels.

    Returns:
        `keras.Model` that takes what `network_pixels` gives.

    Raises:
        InputError: If the weights cannot be read.

    Example:
        >>> load_network("vgg16", None).count_params()
        14714688
    """
    builders = {
        "vgg16": keras.applications.VGG16,
        "resnet50": keras.applications.ResNet50,
        "mobilenet_v2": keras.applications.MobileNetV2,
    }
    if weights not in (None, "imagenet"):
        _check_path(weights)
        weights = str(weights)
    shape = (224, 224, 3) if include_top else (None, None, 3)
    try:
        with warnings.catch_warnings():
            # MobileNetV2 says that it takes the weights for 224x224, which is what is wanted.
            warnings.filterwarnings("ignore", message=".*`input_shape` is undefined or non-square.*")
            return builders[name](include_top=include_top, weights=weights, input_shape=shape)
    except Exception as error:  # Keras raises a plain one where a download fails
        if weights is None:
            raise
        part = "with its classifier" if include_top else "without its classifier"
        remedy = (
            "Is there a network? weights=None needs none."
            if weights == "imagenet"
            else f"Were they saved from {name} {part}?"
        )
        raise InputError(f"weights {str(weights)!r} cannot be loaded: {error}. {remedy}") from error


def network_pixels(image, name):
    """Turn an image in [0, 1] into what the published weights of a network were trained on.

    Args:
        image: Tensor of shape (B, H, W, 3), RGB in [0, 1].
        name: "mobilenet_v2" takes RGB in [-1, 1]; "vgg16" and "resnet50" take BGR in [0, 255] minus the mean color.

    Returns:
        float32 tensor of the same shape.

    Example:
        >>> network_pixels(keras.ops.ones((1, 1, 1, 3)), "vgg16")[0, 0, 0].numpy().round(2)
        array([151.06, 138.22, 131.32], dtype=float32)
    """
    if name == "mobilenet_v2":
        return layers.Rescaling(2.0, offset=-1.0, dtype="float32", name="pixels")(image)
    mean = [-123.68, -116.779, -103.939]  # red, green, blue
    return ops.flip(layers.Rescaling(255.0, offset=mean, dtype="float32", name="pixels")(image), axis=-1)


def _dilated(layer, network, output_stride, multigrid):
    """Copy of a layer that samples the pixels it saw before, on a map that has lost no more than `output_stride`."""
    config = layer.get_config()
    stride = _stride_after(network, layer.name)
    dilation = max(1, stride // output_stride)  # of a kernel that does not stride itself
    if _strides(layer) == 2 and stride > output_stride:
        dilation = max(1, stride // 2 // output_stride)
        config["strides"] = (1, 1)
        if isinstance(layer, layers.MaxPooling2D):
            config["padding"] = "same"
    if layer.name.endswith("_pad") and stride > output_stride:
        # MobileNetV2 pads below and to the right only: the kernel starts at the pixel, and so it does dilated.
        end = 2 * max(1, stride // 2 // output_stride)
        config["padding"] = ((0, end), (0, end))
    if network == "resnet50" and layer.name.startswith("conv5_block"):
        dilation *= multigrid[int(layer.name[len("conv5_block")]) - 1]
    if "dilation_rate" in config and config["kernel_size"] != (1, 1):
        config["dilation_rate"] = (dilation, dilation)
    return layer.__class__.from_config(config)


def _strides(layer):
    """How far apart a layer looks; 1 for what has no strides."""
    strides = getattr(layer, "strides", 1)
    return strides if isinstance(strides, int) else strides[0]


def _stride_after(network, layer):
    """How many times smaller than the image the map of a layer's block is in the original network.

    The 1x1 convolution that opens a strided block of MobileNetV2 still works on the larger map; it needs no dilation.
    """
    if network == "vgg16" and layer.startswith("block"):
        return 2 ** (int(layer[5]) - (not layer.endswith("pool")))
    if network == "resnet50" and layer.startswith("conv"):
        return 2 ** int(layer[4])
    if network == "mobilenet_v2" and layer.startswith("block_"):
        block = int(layer.split("_")[1])
        return 2 ** sum(block >= halving for halving in (0, 1, 3, 6, 13))
    return 1


def _check_path(weights):
    if not Path(str(weights)).is_file():
        raise InputError(
            f"weights must be the path of a file, got {str(weights)!r}, which is no file. None starts from random ones."
        )
