"""What every loss does first and last: match the labels with the logits, weigh the pixels, divide."""

import math
from numbers import Real

from keras import ops

from seglab.errors import InputError


def prepare(y_true, logits, ignore_class):
    """Match labels with logits and give every pixel its weight.

    Args:
        y_true: Labels of shape (B, H, W) or (B, H, W, 1), of any dtype.
        logits: Scores of shape (B, H, W, K), of any float dtype; the channel of a single logit may be missing.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        `(labels, logits, weights)`: int32 (B, H, W), all legal; float32 (B, H, W, K); float32 (B, H, W), 1 where the
        pixel counts, 0 where it is ignored, nan where its label is illegal.

    Raises:
        InputError: If the two shapes do not belong to the same pixels.

    Example:
        >>> prepare([[[1, 255]]], [[[[0.0], [0.0]]]], 255)[2].numpy()
        array([[[1., 0.]]], dtype=float32)
    """
    labels = ops.cast(y_true, "int32")
    logits = ops.cast(logits, "float32")
    if len(labels.shape) == len(logits.shape):
        # Keras drops the channel of a single logit before it calls a loss; some data sets keep one for the labels.
        if labels.shape[-1] == 1 and logits.shape[-1] != 1:
            labels = ops.squeeze(labels, -1)
        else:
            logits = ops.expand_dims(logits, -1)
    _check_pixels(labels.shape, logits.shape)

    legal = (labels >= 0) & (labels < max(logits.shape[-1], 2))
    weights = ops.where(legal, 1.0, float("nan"))
    if ignore_class is not None:
        weights = ops.where(labels == ignore_class, 0.0, weights)
    return ops.where(legal, labels, 0), logits, weights


def divide(numerator, denominator):
    """Divide, where there is something to divide by.

    Args:
        numerator: Float tensor.
        denominator: Float tensor of the same shape.

    Returns:
        Quotient, or 0 where the denominator is 0; the gradient there is 0 too.

    Example:
        >>> divide(ops.array([3.0, 0.0]), ops.array([2.0, 0.0])).numpy()
        array([1.5, 0. ], dtype=float32)
    """
    positive = denominator != 0  # true for nan
    return ops.where(positive, numerator, 0.0) / ops.where(positive, denominator, 1.0)


def check_weights(name, weights, num_logits):
    """Check one weight per label.

    Args:
        name: Name of the argument, for the message.
        weights: Sequence of numbers.
        num_logits: Number of channels `K` of the logits; one logit has two labels.

    Returns:
        Tuple of floats.

    Raises:
        InputError: If there is not one finite weight of at least 0 per label.

    Example:
        >>> check_weights("class_weights", [1, 3], 1)
        (1.0, 3.0)
    """
    size = max(num_logits, 2)
    weights = tuple(float(weight) for weight in weights)
    if len(weights) != size:
        raise InputError(f"{name} must hold one number per label, {size} for {num_logits} logits, got {len(weights)}.")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise InputError(
            f"{name} must be finite and at least 0, got {weights}. A class that is nowhere has no frequency: "
            "np.nan_to_num(weights) leaves it out."
        )
    return weights


def check_at_least_zero(name, value):
    """Check a factor or an exponent.

    Args:
        name: Name of the argument, for the message.
        value: What the caller passed.

    Raises:
        InputError: If it is not a finite number of at least 0.

    Example:
        >>> check_at_least_zero("gamma", 2.0)
    """
    if not isinstance(value, Real) or not 0 <= value < math.inf:
        raise InputError(f"{name} must be a finite number of at least 0, got {value!r}.")


def _check_pixels(labels, logits):
    """Raise where two shapes, as far as they are known, do not agree in all but the channels."""
    pairs = zip(labels, logits[:-1], strict=False)
    if len(labels) != len(logits) - 1 or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise InputError(
            f"y_true must have the shape of the logits without their channels, got {tuple(labels)} for logits "
            f"{tuple(logits)}. Does the model return its input's size?"
        )
