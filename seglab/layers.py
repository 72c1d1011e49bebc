"""What two architectures share: a convolution block, pooling, resizing, and the checks of a builder's arguments."""

from numbers import Integral

import keras
import numpy as np
from keras import layers

from seglab.errors import InputError
from seglab.resampling import linear_kernel

# Keras's default of 0.99 lags behind on the few hundred steps of a small run.
BN_MOMENTUM = 0.9


def conv_bn_relu(x, filters, *, name, kernel_size=3, dilation_rate=1):
    """Apply a convolution, batch normalization and a ReLU; height and width stay.

    The convolution has no bias: batch normalization subtracts it again, so no gradient would ever reach it.

    Args:
        x: Tensor of shape (B, H, W, C).
        filters: Number of output channels.
        name: Name of the convolution; the other two layers add `_bn` and `_relu`.
        kernel_size: Height and width of the kernel.
        dilation_rate: Distance of the pixels that two neighboring weights of the kernel see.

    Returns:
        Tensor of shape (B, H, W, filters), not negative.

    Example:
        >>> import keras
        >>> conv_bn_relu(keras.Input((8, 12, 3)), 5, name="block").shape
        (None, 8, 12, 5)
    """
    convolution = layers.Conv2D(
        filters, kernel_size, padding="same", dilation_rate=dilation_rate, use_bias=False, name=name
    )
    x = convolution(x)  # (B, H, W, filters)
    x = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def conv_bn(x, filters, *, name, kernel_size=3, strides=1, dilation_rate=1):
    """Apply a convolution and batch normalization without a ReLU, for the branches of a residual block.

    Args:
        x: Tensor of shape (B, H, W, C).
        filters: Number of output channels.
        name: Name of the convolution; the normalization adds `_bn`.
        kernel_size: Height and width of the kernel.
        strides: How many times smaller the map becomes.
        dilation_rate: Distance of the pixels that two neighboring weights of the kernel see.

    Returns:
        Tensor of shape (B, H / strides, W / strides, filters).

    Example:
        >>> import keras
        >>> conv_bn(keras.Input((8, 12, 3)), 5, name="branch", strides=2).shape
        (None, 4, 6, 5)
    """
    padding = "same"
    if strides > 1 and kernel_size > 1:
        # "same" would pad an even size below and to the right only; so the kernel is centered on the pixel it keeps.
        x, padding = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x), "valid"
    elif strides > 1:
        # The same numbers as with strides, whose gradient crashes TensorFlow 2.20 on a CPU for maps of 48 and more.
        x, strides = layers.MaxPooling2D(1, strides=strides, name=f"{name}_pick")(x), 1
    convolution = layers.Conv2D(
        filters, kernel_size, strides=strides, dilation_rate=dilation_rate, padding=padding, use_bias=False, name=name
    )
    return layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(convolution(x))


@keras.saving.register_keras_serializable(package="seglab")
class Bilinear(keras.initializers.Initializer):
    """Kernel with which a transposed convolution interpolates each channel bilinearly.

    For an upsampling factor `s` the kernel has size `2 * s - s % 2`: a triangle of half width `s` in each direction,
    so that the kernels of neighboring inputs add up to one. Channels do not mix.

    Source: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation" (2015), section 3.3.

    Example:
        >>> Bilinear()((4, 4, 1, 1))[:, :, 0, 0].numpy()
        array([[0.0625, 0.1875, 0.1875, 0.0625],
               [0.1875, 0.5625, 0.5625, 0.1875],
               [0.1875, 0.5625, 0.5625, 0.1875],
               [0.0625, 0.1875, 0.1875, 0.0625]], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        """Return the kernel.

        Args:
            shape: (kernel height, kernel width, output channels, input channels), as `Conv2DTranspose` asks for it.
            dtype: Type of the result; Keras's `floatx` if `None`.
        """
        height, width, channels_out, channels_in = shape
        kernel = np.zeros(shape, "float32")
        for channel in range(min(channels_out, channels_in)):
            kernel[:, :, channel, channel] = np.outer(linear_kernel(height), linear_kernel(width))
        return keras.ops.convert_to_tensor(kernel, dtype=dtype or keras.config.floatx())


def upsample(x, factor, *, name, learned=False):
    """Enlarge by a transposed convolution that starts as bilinear interpolation.

    `padding="same"` crops `factor // 2` rows and columns on each side of the full result, for even and odd factors
    alike. That aligns the pixel centers as pooling does: input pixel `i` covers the output pixels
    `factor * i ... factor * i + factor - 1`. Beyond the border a transposed convolution sees zeros, so within half a
    factor of the border the output fades; all channels fade alike.

    Args:
        x: Tensor of shape (B, H, W, K).
        factor: How many times larger the output is, at least 2.
        name: Name of the layer.
        learned: Whether the kernel is trained on. A fixed kernel never changes.

    Returns:
        float32 tensor of shape (B, factor * H, factor * W, K).

    Example:
        >>> import keras
        >>> upsample(keras.Input((2, 3, 4)), 32, name="up").shape
        (None, 64, 96, 4)
    """
    layer = layers.Conv2DTranspose(
        x.shape[-1],
        kernel_size=2 * factor - factor % 2,
        strides=factor,
        padding="same",
        use_bias=False,
        kernel_initializer=Bilinear(),
        trainable=learned,
        dtype="float32",  # class scores stay exact under mixed precision
        name=name,
    )
    return layer(x)


@keras.saving.register_keras_serializable(package="seglab")
class AdaptiveAveragePooling(layers.Layer):
    """Average over a grid of `bins` x `bins` regions, whatever the size of the map.

    Region `i` of a side of `n` pixels reaches from `floor(i * n / bins)` to `ceil((i + 1) * n / bins)`, end excluded:
    every pixel is in one, and neighboring regions share pixels where `bins` does not divide `n`, or is larger.

    Args:
        bins: Number of regions along each side; 1 averages the whole map.

    Example:
        >>> AdaptiveAveragePooling(2)(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0].numpy()
        array([[ 2.5,  4.5],
               [10.5, 12.5]], dtype=float32)
    """

    def __init__(self, bins, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(bins, Integral) or bins < 1:
            raise InputError(f"bins must be an integer of at least 1, got {bins!r}")
        self.bins = int(bins)

    def call(self, x):
        """Pool (B, H, W, C) to (B, bins, bins, C)."""
        height, width = keras.ops.shape(x)[1:3]
        rows, cols = self._regions(height, x.dtype), self._regions(width, x.dtype)  # (bins, H), (bins, W)
        x = keras.ops.einsum("ih,bhwc->biwc", rows, x)
        return keras.ops.einsum("jw,biwc->bijc", cols, x)

    def _regions(self, size, dtype):
        """One row of averaging weights per region, as integers would round them."""
        pixel = keras.ops.arange(size)[None, :]
        region = keras.ops.arange(self.bins)[:, None]
        start = region * size // self.bins
        end = ((region + 1) * size + self.bins - 1) // self.bins
        inside = keras.ops.cast((pixel >= start) & (pixel < end), "float32")
        return keras.ops.cast(inside / keras.ops.sum(inside, axis=1, keepdims=True), dtype)

    def compute_output_shape(self, input_shape):
        """Shape (B, bins, bins, C)."""
        return (input_shape[0], self.bins, self.bins, input_shape[-1])

    def get_config(self):
        """Arguments that build the layer again."""
        return {**super().get_config(), "bins": self.bins}


@keras.saving.register_keras_serializable(package="seglab")
class ResizeLike(layers.Layer):
    """Resize a map bilinearly to the height and width of another; pixels are squares (no aligned corners).

    Example:
        >>> small, large = np.ones((1, 1, 1, 5)), np.zeros((1, 3, 4, 2))
        >>> ResizeLike()([small, large]).shape
        TensorShape([1, 3, 4, 5])
    """

    def call(self, inputs):
        """Resize the first (B, h, w, C) of two tensors to the size (H, W) of the second."""
        x, reference = inputs
        return keras.ops.image.resize(x, keras.ops.shape(reference)[1:3], interpolation="bilinear")

    def compute_output_shape(self, input_shape):
        """Shape (B, H, W, C)."""
        x, reference = input_shape
        return (x[0], *reference[1:3], x[-1])


def join(tensors, *, name):
    """Append tables of several levels or grids to one another.

    Args:
        tensors: List of at least one tensor (B, N, ...), alike but in N.
        name: Name of the layer; one tensor alone needs none.

    Returns:
        Tensor (B, sum of all N, ...).

    Example:
        >>> join([keras.Input((6, 4)), keras.Input((2, 4))], name="all").shape
        (None, 8, 4)
    """
    return tensors[0] if len(tensors) == 1 else layers.Concatenate(axis=1, name=name)(tensors)


def check_shape(input_shape, num_classes, *, multiple):
    """Check what every builder is given first.

    Args:
        input_shape: (height, width, channels); height and width may be `None`, then any legal size can be fed.
        num_classes: Number of classes; 1 means a single foreground logit.
        multiple: Number that divides every legal height and width.

    Raises:
        InputError: If one of them cannot be built.

    Example:
        >>> check_shape((64, 96, 3), 4, multiple=32)
        >>> check_shape((70, 96, 3), 4, multiple=32)
        Traceback (most recent call last):
        ...
        seglab.errors.InputError: input_shape must have height and width divisible by 32, got 70 x 96.
        Nearest sizes: 64 or 96 for 70
    """
    if not isinstance(num_classes, Integral) or num_classes < 1:
        raise InputError(
            f"num_classes must be an integer of at least 1 (1 = one foreground logit), got {num_classes!r}"
        )
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise InputError(f"input_shape must be (height, width, channels) without the batch, got {input_shape!r}")
    *sizes, channels = input_shape
    if not isinstance(channels, Integral) or channels < 1:
        raise InputError(
            f"input_shape must end with the number of channels, 3 for an RGB image, got {tuple(input_shape)!r}"
        )
    if any(size is not None and (not isinstance(size, Integral) or size < 1) for size in sizes):
        raise InputError(f"input_shape must have a positive or None height and width, got {tuple(input_shape)!r}")
    illegal = sorted({size for size in sizes if size is not None and size % multiple})
    if illegal:
        remedy = ", ".join(f"{_neighbors(size, multiple)} for {size}" for size in illegal)
        raise InputError(
            f"input_shape must have height and width divisible by {multiple}, got {sizes[0]} x {sizes[1]}. "
            f"Nearest sizes: {remedy}"
        )


def _neighbors(size, multiple):
    """The two multiples around `size`, in words; only the upper one where the lower one is 0."""
    below = size // multiple * multiple
    return f"{below} or {below + multiple}" if below else f"{multiple}"


def check_choice(name, value, choices):
    """Check that an argument is one of a few words.

    Args:
        name: Name of the argument, for the message.
        value: What the caller passed.
        choices: Sequence of what is allowed.

    Raises:
        InputError: If `value` is not among `choices`.

    Example:
        >>> check_choice("skips", "concat", ("concat", "add", "none"))
    """
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
