"""Losses of a batch of logits: cross-entropy, Dice, and their sum.

Each returns one number: the mean over the counted pixels of the batch (cross-entropy) or over the counted classes
(Dice). With options, pass `functools.partial(cross_entropy_dice, ignore_class=255)` to `compile(loss=...)`.

Shared by all three:
- `y_true` holds the labels (B, H, W), `logits` the scores (B, H, W, K); with K = 1 the score is that of label 1, and
  its channel may be missing.
- Pixels of `ignore_class` take no part and get no gradient. Where every pixel is ignored the loss is 0.
- Any other label outside [0, K) makes the loss `nan`: training on it would go wrong silently.
- Half-precision logits are computed in float32.
"""

from keras import ops

from seglab.errors import InputError


def cross_entropy(y_true, logits, *, ignore_class=None):
    """Average minus the log probability of the true class over the counted pixels.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If the two shapes do not belong to the same pixels.

    Example:
        >>> import numpy as np
        >>> y_true = np.array([[[0, 2, 255]]])
        >>> logits = np.log(np.array([[[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]]]]))
        >>> expected = -(np.log(0.5) + np.log(0.8)) / 2
        >>> bool(np.isclose(cross_entropy(y_true, logits, ignore_class=255), expected))
        True
    """
    labels, logits, weights = _prepare(y_true, logits, ignore_class)
    if logits.shape[-1] == 1:
        values = ops.binary_crossentropy(ops.cast(labels, "float32"), ops.squeeze(logits, -1), from_logits=True)
    else:
        values = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)  # (B, H, W)
    return _divide(ops.sum(weights * values), ops.sum(weights))


def dice_loss(y_true, logits, *, ignore_class=None):
    """Average 1 - soft Dice over the classes of the batch.

    For each class, Dice = 2 sum(p t) / (sum(p) + sum(t)) over all counted pixels of the batch, with the probability `p`
    and `t` = 1 where the class is true. One logit: the foreground alone is a class.

    A class that is neither true nor predicted (the most probable) at any counted pixel is left out of the average:
    there is nothing to overlap, and a small number added above and below the fraction would only invent a score. A
    class that is predicted but nowhere true has Dice 0, hence the full loss, but no gradient of its own: under a
    softmax the other classes' Dice push it down; with one logit only cross-entropy does.

    Source: Milletari, Navab, Ahmadi, "V-Net" (2016), section 3, without the squares in its denominator.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float32 scalar in [0, 1].

    Raises:
        InputError: If the two shapes do not belong to the same pixels.

    Example:
        >>> import numpy as np
        >>> p = np.array([0.9, 0.8, 0.3, 0.1])
        >>> logits = np.log(p / (1 - p)).reshape(1, 2, 2, 1)
        >>> round(float(dice_loss(np.array([[[1, 1], [0, 0]]]), logits)), 5)
        0.17073
    """
    labels, logits, weights = _prepare(y_true, logits, ignore_class)
    num_classes = logits.shape[-1]
    if num_classes == 1:
        probs = ops.sigmoid(logits)
        truth = ops.cast(labels[..., None] == 1, "float32")  # (B, H, W, 1)
        chosen = ops.cast(logits > 0, "float32")
    else:
        probs = ops.softmax(logits, axis=-1)
        truth = ops.one_hot(labels, num_classes, dtype="float32")  # (B, H, W, K)
        chosen = ops.one_hot(ops.argmax(logits, axis=-1), num_classes, dtype="float32")

    weights = weights[..., None]  # (B, H, W, 1)
    pixels = tuple(range(len(logits.shape) - 1))
    overlap = ops.sum(weights * probs * truth, axis=pixels)  # (K,)
    size = ops.sum(weights * (probs + truth), axis=pixels)
    counted = ops.cast(ops.sum(weights * (truth + chosen), axis=pixels) != 0, "float32")  # nan counts, to be seen
    return _divide(ops.sum(counted * (1 - _divide(2 * overlap, size))), ops.sum(counted))


def cross_entropy_dice(y_true, logits, *, ignore_class=None, dice_weight=1.0):
    """Add `dice_weight` times the Dice loss to the cross-entropy.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        dice_weight: Factor of the Dice loss, at least 0.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If the two shapes do not belong to the same pixels.

    Example:
        >>> import numpy as np
        >>> p = np.array([0.9, 0.8, 0.3, 0.1])
        >>> logits = np.log(p / (1 - p)).reshape(1, 2, 2, 1)
        >>> round(float(cross_entropy_dice(np.array([[[1, 1], [0, 0]]]), logits)), 5)
        0.36837
    """
    entropy = cross_entropy(y_true, logits, ignore_class=ignore_class)
    return entropy + dice_weight * dice_loss(y_true, logits, ignore_class=ignore_class)


def _prepare(y_true, logits, ignore_class):
    """Return int32 labels (B, H, W), all legal, float32 logits (B, H, W, K) and the weight of every pixel.

    The weight is 1, or 0 where ignored, or nan where the label is illegal.
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


def _check_pixels(labels, logits):
    """Raise where two shapes, as far as they are known, do not agree in all but the channels."""
    pairs = zip(labels, logits[:-1], strict=False)
    if len(labels) != len(logits) - 1 or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise InputError(
            f"y_true must have the shape of the logits without their channels, got {tuple(labels)} for logits "
            f"{tuple(logits)}. Does the model return its input's size?"
        )


def _divide(numerator, denominator):
    """Quotient, or 0 where the denominator is 0; the gradient there is 0 too."""
    positive = denominator != 0  # true for nan
    return ops.where(positive, numerator, 0.0) / ops.where(positive, denominator, 1.0)
