"""Sums of losses."""

from seglab.errors import InputError
from seglab.losses.entropy import cross_entropy
from seglab.losses.overlap import dice_loss
from seglab.losses.pixels import check_at_least_zero


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
        InputError: If the two shapes do not belong to the same pixels, or `dice_weight` is below 0.

    Example:
        >>> import numpy as np
        >>> p = np.array([0.9, 0.8, 0.3, 0.1])
        >>> logits = np.log(p / (1 - p)).reshape(1, 2, 2, 1)
        >>> round(float(cross_entropy_dice(np.array([[[1, 1], [0, 0]]]), logits)), 5)
        0.36837
    """
    terms = ((1.0, cross_entropy), (dice_weight, dice_loss))
    return combined_loss(y_true, logits, terms=terms, ignore_class=ignore_class)


def combined_loss(y_true, logits, *, terms, ignore_class=None):
    """Add up losses, each with its factor.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype.
        terms: Sequence of `(factor, loss)`: the factor at least 0, the loss a function of this package that takes such
            labels, options set by `functools.partial`.
        ignore_class: Label whose pixels are not counted, passed to every loss. Counts every pixel if `None`.

    Returns:
        float32 scalar, not negative.

    Raises:
        InputError: If there are no terms, a factor is below 0, or the two shapes do not belong to the same pixels.

    Example:
        >>> from functools import partial
        >>> import numpy as np
        >>> from seglab.losses import focal_loss, lovasz_softmax
        >>> terms = [(1.0, partial(focal_loss, gamma=2.0)), (0.5, lovasz_softmax)]
        >>> loss = combined_loss(np.array([[[1, 0]]]), np.zeros((1, 1, 2, 1)), terms=terms)
        >>> bool(np.isclose(loss, np.log(2) / 4 + 0.5 * 0.5))
        True
    """
    if not terms:
        raise InputError("terms must hold at least one (factor, loss), got none. cross_entropy alone needs no sum.")
    for factor, _ in terms:
        check_at_least_zero("each factor of terms", factor)
    return sum(factor * loss(y_true, logits, ignore_class=ignore_class) for factor, loss in terms)
