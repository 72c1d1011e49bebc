"""Losses of a batch of logits: cross-entropy and its weighted forms, overlap losses, and sums of them.

Each returns one number, a mean over the counted pixels of the batch (cross-entropy, focal) or over the counted classes
(Dice, Tversky, Lovasz). With options, pass `functools.partial(focal_loss, gamma=2.0, ignore_class=255)` to
`compile(loss=...)`.

Shared by all:
- `y_true` holds the labels (B, H, W), `logits` the scores (B, H, W, K); with K = 1 the score is that of label 1, and
  its channel may be missing.
- Pixels of `ignore_class` take no part and get no gradient. Where every pixel is ignored the loss is 0.
- Any other label outside [0, K) makes the loss `nan`: training on it would go wrong silently.
- Half-precision logits are computed in float32.
- Weights multiply and are never divided by their sum, as Keras does with `sample_weight`; PyTorch's
  `CrossEntropyLoss(weight=...)` divides.
"""

from seglab.losses.combined import combined_loss, cross_entropy_dice
from seglab.losses.entropy import border_weighted_cross_entropy, cross_entropy, focal_loss
from seglab.losses.overlap import dice_loss, lovasz_softmax, tversky_loss

__all__ = [
    "border_weighted_cross_entropy",
    "combined_loss",
    "cross_entropy",
    "cross_entropy_dice",
    "dice_loss",
    "focal_loss",
    "lovasz_softmax",
    "tversky_loss",
]
