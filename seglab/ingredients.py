"""What the words of a recipe stand for: loss, class weights, schedule and optimizer."""

from functools import partial

import keras
import numpy as np

from seglab.balancing import inverse_frequency_weights, median_frequency_weights
from seglab.errors import InputError
from seglab.losses import combined_loss, cross_entropy, dice_loss, focal_loss, lovasz_softmax, tversky_loss
from seglab.optimizers import Muon
from seglab.schedules import OneCycle, PolyDecay, WarmUp

LOSSES = {
    "ce": cross_entropy,
    "dice": dice_loss,
    "focal": focal_loss,
    "tversky": tversky_loss,
    "lovasz": lovasz_softmax,
}
# What class weights are called in the losses that have them.
WEIGHT_ARGUMENTS = {"ce": "class_weights", "focal": "alpha"}
COUNTERS = {"median": median_frequency_weights, "inverse": inverse_frequency_weights}


def loss_of(recipe, *, ignore_class=None, class_weights=None):
    """Make the loss that a recipe names.

    Args:
        recipe: `Recipe`.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        class_weights: What `class_weights_of` gave.

    Returns:
        Function from labels (B, H, W) and logits (B, H, W, K) to a float32 scalar.

    Example:
        >>> import dataclasses
        >>> from seglab.recipes import PROFILES
        >>> loss = loss_of(dataclasses.replace(PROFILES["fast"], loss="ce"))
        >>> round(float(loss(np.array([[[0, 1]]]), np.zeros((1, 1, 2, 4)))), 4)  # log 4
        1.3863
    """
    terms = []
    for name in recipe.loss.split("+"):
        weighted = class_weights is not None and name in WEIGHT_ARGUMENTS
        options = {WEIGHT_ARGUMENTS[name]: class_weights} if weighted else {}
        terms.append((1.0, partial(LOSSES[name], **options)))

    def loss(y_true, y_pred):
        return combined_loss(y_true, y_pred, terms=terms, ignore_class=ignore_class)

    return loss


def class_weights_of(recipe, data):
    """Count the labels of the training data and weigh the classes as a recipe says.

    Args:
        recipe: `Recipe`.
        data: `SegmentationData` to learn from.

    Returns:
        Tuple of one float per class, 0 for a class that is nowhere; or `None` if the recipe weighs none.

    Example:
        >>> import dataclasses
        >>> from seglab.datasets import load
        >>> from seglab.recipes import PROFILES
        >>> recipe = dataclasses.replace(PROFILES["fast"], class_weights="median")
        >>> weights = class_weights_of(recipe, load("shapes", count=8))
        >>> weights[0] == min(weights)  # the background is the commonest class
        True
    """
    if recipe.class_weights is None:
        return None
    label_maps = (labels for _, batch in data.data for labels in np.asarray(batch))
    weights = COUNTERS[recipe.class_weights](label_maps, data.num_classes, ignore_class=data.ignore_class)
    return tuple(np.nan_to_num(weights).tolist())


def schedule_of(recipe, steps):
    """Make the schedule of the learning rate.

    Args:
        recipe: `Recipe`.
        steps: Number of steps of the whole training.

    Returns:
        Keras schedule.

    Raises:
        InputError: If the warm-up takes all the steps.

    Example:
        >>> import dataclasses
        >>> from seglab.recipes import PROFILES
        >>> schedule = schedule_of(dataclasses.replace(PROFILES["fast"], learning_rate=1.0, warm_up=1), 5)
        >>> [round(float(schedule(step)), 3) for step in range(6)]
        [0.5, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    rate, left = recipe.learning_rate, steps - recipe.warm_up
    if left < 1:
        raise InputError(
            f"recipe.warm_up must be less than the {steps} steps of the training, got {recipe.warm_up}. Train longer?"
        )
    if recipe.schedule == "one-cycle":
        return OneCycle(rate, steps)
    after = PolyDecay(rate, left) if recipe.schedule == "poly" else keras.optimizers.schedules.CosineDecay(rate, left)
    return WarmUp(after, recipe.warm_up) if recipe.warm_up else after


def optimizer_of(recipe, steps):
    """Make the optimizer.

    Args:
        recipe: `Recipe`.
        steps: Number of steps of the whole training.

    Returns:
        Keras optimizer, not built.

    Raises:
        InputError: If the warm-up takes all the steps.

    Example:
        >>> from seglab.recipes import PROFILES
        >>> type(optimizer_of(PROFILES["fast"], 100)).__name__
        'Adam'
    """
    schedule, decay = schedule_of(recipe, steps), recipe.weight_decay
    if recipe.optimizer == "muon":
        return Muon(schedule, weight_decay=decay)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(schedule, momentum=0.9, weight_decay=decay or None)
    return keras.optimizers.Adam(schedule, weight_decay=decay or None)
