"""Losses that measure the overlap of a whole class: Dice, Tversky, and Lovasz-softmax for the IoU.

A class that is neither true nor predicted (the most probable) at any counted pixel is left out of the average: there
is nothing to overlap, and a small number added above and below the fraction would only invent a score.
"""

from keras import ops

from seglab.losses.pixels import check_at_least_zero, divide, prepare


def dice_loss(y_true, logits, *, ignore_class=None, squared=False):
    """Average 1 - soft Dice over the classes of the batch.

    For each class, Dice = 2 sum(p t) / (sum(p) + sum(t)) over all counted pixels of the batch, with the probability `p`
    and `t` = 1 where the class is true. One logit: the foreground alone is a class.

    A class that is nowhere, true or predicted, is left out (see the module). A class that is predicted but nowhere true
    has Dice 0, hence the full loss, but no gradient of its own: under a softmax the other classes' Dice push it down;
    with one logit only cross-entropy does.

    Source: Milletari, Navab, Ahmadi, "V-Net" (2016), section 3, without the squares in its denominator unless
    `squared`.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        squared: Whether the denominator is sum(p**2) + sum(t), as in the paper: unsure pixels then cost less.

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
    probs, truth, weights, counted = _classes(y_true, logits, ignore_class)
    overlap = _sum(weights * probs * truth)  # (K,)
    size = _sum(weights * ((ops.square(probs) if squared else probs) + truth))
    return _average(1 - divide(2 * overlap, size), counted)


def tversky_loss(y_true, logits, *, alpha=0.3, beta=0.7, ignore_class=None):
    """Average 1 - Tversky index over the classes of the batch: Dice whose two kinds of errors cost differently.

    For each class, the index is TP / (TP + alpha FP + beta FN) with the soft counts TP = sum(p t), FP = sum(p (1 - t))
    and FN = sum((1 - p) t) over all counted pixels of the batch. `alpha = beta = 0.5` is the Dice loss, `alpha = beta =
    1` the soft IoU; `beta` above `alpha` finds more of a small class at the price of false alarms.

    Classes that are nowhere are treated as by `dice_loss`. `keras.losses.Tversky` has the two weights the other way
    around: its `alpha` multiplies the pixels that are missed.

    Source: Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation using 3D fully convolutional deep
    networks" (2017), equation 3.

    Args:
        y_true: Labels, integers (of any dtype) of shape (B, H, W), in [0, K), or in {0, 1} for one logit.
        logits: Scores of shape (B, H, W, K), any float dtype; softmax (K > 1) or sigmoid (K = 1) is applied here.
        alpha: Weight of false positives, at least 0.
        beta: Weight of false negatives, at least 0.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.

    Returns:
        float32 scalar in [0, 1].

    Raises:
        InputError: If the two shapes do not belong to the same pixels, or a weight is below 0.

    Example:
        >>> import numpy as np
        >>> logits = np.array([99.0, 99.0, -99.0, -99.0]).reshape(1, 2, 2, 1)
        >>> round(float(tversky_loss(np.array([[[1, 0], [0, 0]]]), logits)), 3)  # a false alarm: 1 / (1 + 0.3)
        0.231
        >>> round(float(tversky_loss(np.array([[[1, 1], [1, 0]]]), logits)), 3)  # a miss: 2 / (2 + 0.7)
        0.259
    """
    check_at_least_zero("alpha", alpha)
    check_at_least_zero("beta", beta)
    probs, truth, weights, counted = _classes(y_true, logits, ignore_class)
    hits = _sum(weights * probs * truth)  # (K,)
    false_alarms = _sum(weights * probs * (1 - truth))
    misses = _sum(weights * (1 - probs) * truth)
    return _average(1 - divide(hits, hits + alpha * false_alarms + beta * misses), counted)


def lovasz_softmax(y_true, logits, *, ignore_class=None):
    """Average the Lovasz extension of 1 - IoU over the classes of the batch.

    1 - IoU is known for hard predictions only; its Lovasz extension is the tightest convex function through these
    points. Sort the pixels by their error |t - p|, the largest first: each error is weighted by how much 1 - IoU grows
    when this pixel is wrong besides all those before it. At hard predictions the loss *is* 1 - IoU.

    Source: Berman, Triki, Blaschko, "The Lovasz-Softmax loss" (2018), equations 8 and 9 and algorithm 1, over the
    pixels of the whole batch. The authors' code averages over the true classes; here a class that is predicted but
    nowhere true counts too, with its largest probability, so that one logit learns from an image without foreground.

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
        >>> logits = np.array([99.0, -99.0, -99.0, 99.0]).reshape(1, 2, 2, 1)  # one hit, one miss, one false alarm
        >>> round(float(lovasz_softmax(np.array([[[1, 1], [0, 0]]]), logits)), 3)  # IoU 1 / 3
        0.667
    """
    probs, truth, weights, counted = _classes(y_true, logits, ignore_class)
    errors, inside, outside = (
        ops.reshape(ops.moveaxis(values, -1, 0), (probs.shape[-1], -1))  # (K, B * H * W)
        for values in (weights * ops.abs(truth - probs), weights * truth, weights * (1 - truth))
    )
    order = ops.stop_gradient(ops.argsort(-errors, axis=-1))
    errors, inside, outside = (ops.take_along_axis(values, order, axis=-1) for values in (errors, inside, outside))
    # If the first n pixels are wrong, the overlap has lost those inside, and the union has won those outside. An
    # ignored pixel does neither: its weight is 0 wherever it is sorted.
    total = ops.sum(inside, axis=-1, keepdims=True)
    union = total + ops.cumsum(outside, axis=-1)
    loss = ops.where(union == 0, 0.0, 1 - divide(total - ops.cumsum(inside, axis=-1), union))  # (K, B * H * W)
    growth = ops.concatenate([loss[:, :1], loss[:, 1:] - loss[:, :-1]], axis=-1)
    return _average(ops.sum(errors * growth, axis=-1), counted)


def _classes(y_true, logits, ignore_class):
    """Probabilities and truth (B, H, W, K), weights (B, H, W, 1), and for each class whether it counts, (K,)."""
    labels, logits, weights = prepare(y_true, logits, ignore_class)
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
    counted = ops.cast(_sum(weights * (truth + chosen)) != 0, "float32")  # nan counts, to be seen
    return probs, truth, weights, counted


def _sum(values):
    """Sum over all pixels of the batch, (K,)."""
    return ops.sum(values, axis=tuple(range(len(values.shape) - 1)))


def _average(losses, counted):
    return divide(ops.sum(counted * losses), ops.sum(counted))
