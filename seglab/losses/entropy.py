"""Cross-entropy: plain, weighted by class or by pixel, and focal."""

from numbers import Real

from keras import ops

from seglab.errors import InputError
from seglab.losses.pixels import check_at_least_zero, check_weights, divide, prepare


def cross_entropy(y_true, logits, *, ignore_class=None, class_weights=None):
    """Average minus the log probability of the true class over the counted pixels.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        class_weights: One factor per label, at least 0 (two for one logit): the values of a pixel are multiplied by
            that of its true class, the mean is still over all counted pixels. Every class counts alike if `None`.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If the two shapes do not belong to the same pixels, or the weights are not one per label.

    Example:
        >>> import numpy as np
        >>> y_true = np.array([[[0, 2, 255]]])
        >>> logits = np.log(np.array([[[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]]]]))
        >>> expected = -(np.log(0.5) + np.log(0.8)) / 2
        >>> bool(np.isclose(cross_entropy(y_true, logits, ignore_class=255), expected))
        True
        >>> weighted = cross_entropy(y_true, logits, ignore_class=255, class_weights=[1, 1, 3])
        >>> bool(np.isclose(weighted, -(np.log(0.5) + 3 * np.log(0.8)) / 2))
        True
    """
    labels, logits, weights = prepare(y_true, logits, ignore_class)
    values = _minus_log(labels, logits)
    if class_weights is not None:
        values = values * _per_pixel("class_weights", class_weights, labels, logits)
    return divide(ops.sum(weights * values), ops.sum(weights))


def border_weighted_cross_entropy(y_true, logits, *, ignore_class=None, class_weights=None):
    """Cross-entropy whose pixels are weighted by a map that comes with the labels.

    The map, for instance that of `seglab.weight_maps.border_weights`, travels as a second channel of `y_true`, so that
    it is batched, shuffled and augmented with the labels and reaches the loss through `compile` and `fit`. (A loss
    that returns one number cannot use `fit`'s own `sample_weight`: Keras would multiply that number by the mean
    weight.)

    Source: Ronneberger, Fischer, Brox, "U-Net" (2015), equation 1; the sum there is divided by the counted pixels
    here.

    Args:
        y_true: Array of shape (B, H, W, 2): the labels, as for `cross_entropy`, and the weight of every pixel, at
            least 0. float32 holds both.
        logits: Scores of shape (B, H, W, K), any float dtype; the channel of a single logit may be missing.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        class_weights: One factor per label, as for `cross_entropy`, or `None`.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If `y_true` has no two channels, the shapes do not belong to the same pixels, or the class weights
            are not one per label.

    Example:
        >>> import numpy as np
        >>> labels, weights = np.array([[[1, 0]]]), np.array([[[1.0, 11.0]]])
        >>> y_true = np.stack([labels, weights], axis=-1)
        >>> loss = border_weighted_cross_entropy(y_true, np.zeros((1, 1, 2, 1)))
        >>> bool(np.isclose(loss, 12 * np.log(2) / 2))
        True
    """
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) < 2 or y_true.shape[-1] != 2:
        raise InputError(
            f"y_true must hold labels and weights as two channels (B, H, W, 2), got {tuple(y_true.shape)}. "
            "np.stack([labels, weights], axis=-1) makes it."
        )
    labels, logits, weights = prepare(y_true[..., 0], logits, ignore_class)
    # An ignored pixel may have any weight, even none (nan).
    values = _minus_log(labels, logits) * ops.where(weights == 0, 0.0, ops.cast(y_true[..., 1], "float32"))
    if class_weights is not None:
        values = values * _per_pixel("class_weights", class_weights, labels, logits)
    return divide(ops.sum(weights * values), ops.sum(weights))


def focal_loss(y_true, logits, *, gamma=2.0, alpha=None, ignore_class=None):
    """Average -alpha_t (1 - p_t)**gamma log(p_t): pixels that are right already count little.

    `p_t` is the probability of the true class, and `alpha_t` the factor of the true class: with one logit, `alpha` for
    label 1 and `1 - alpha` for label 0. `gamma=0` is the cross-entropy.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017), equation 5, with sigmoid; the softmax form for
    K > 1 is the usual one. The paper divides by the number of boxes, this by the number of counted pixels.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        gamma: Exponent, at least 0; the paper's is 2.
        alpha: For one logit, a number in [0, 1]; the paper's is 0.25. Or one factor per label, at least 0 (two for
            one logit). Every class counts alike, with factor 1, if `None`.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If the two shapes do not belong to the same pixels, or `gamma` or `alpha` is out of range.

    Example:
        >>> import numpy as np
        >>> p = np.array([0.9, 0.1])
        >>> logits = np.log(p / (1 - p)).reshape(1, 1, 2, 1)
        >>> round(float(focal_loss(np.array([[[1, 1]]]), logits, alpha=0.25)), 4)  # (.0002634 + .46627) / 2
        0.2333
    """
    check_at_least_zero("gamma", gamma)
    labels, logits, weights = prepare(y_true, logits, ignore_class)
    values = _minus_log(labels, logits)
    if gamma:
        # By its logarithm: the gradient of 0**gamma would be infinite for gamma < 1.
        values = values * ops.exp(gamma * _log_of_the_others(labels, logits))
    if alpha is not None:
        if isinstance(alpha, Real):
            if logits.shape[-1] != 1 or not 0 <= alpha <= 1:
                raise InputError(
                    f"alpha must be a number in [0, 1] for one logit or hold one number per label, got {alpha!r} for "
                    f"{logits.shape[-1]} logits."
                )
            alpha = (1 - alpha, alpha)
        values = values * _per_pixel("alpha", alpha, labels, logits)
    return divide(ops.sum(weights * values), ops.sum(weights))


def _minus_log(labels, logits):
    """Minus the log probability of the true class, (B, H, W)."""
    if logits.shape[-1] == 1:
        return ops.binary_crossentropy(ops.cast(labels, "float32"), ops.squeeze(logits, -1), from_logits=True)
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _log_of_the_others(labels, logits):
    """Log of 1 - p_t, (B, H, W); exact where p_t rounds to 1."""
    if logits.shape[-1] == 1:
        scores = ops.squeeze(logits, -1)
        return ops.log_sigmoid(ops.where(labels == 1, -scores, scores))
    true = ops.one_hot(labels, logits.shape[-1], dtype="bool")  # (B, H, W, K)
    others = ops.where(true, float("-inf"), logits)
    return ops.logsumexp(others, axis=-1) - ops.logsumexp(logits, axis=-1)


def _per_pixel(name, weights, labels, logits):
    """The weight of every pixel's true class, (B, H, W)."""
    weights = check_weights(name, weights, logits.shape[-1])
    return ops.take(ops.convert_to_tensor(weights, "float32"), labels, axis=0)
