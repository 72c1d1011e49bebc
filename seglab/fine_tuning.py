"""Training in two stages: first what is new, with the encoder frozen, then everything, more slowly."""

import contextlib
import dataclasses
from numbers import Real
from pathlib import Path

from seglab.errors import InputError
from seglab.training import train

# What the layers of an encoder are called: in all models but the slim FCN, and there.
_PREFIXES = ("encoder", "conv")


def fine_tune(model, train_data, val_data, *, recipe, frozen_epochs, slower=0.1, seed=0, run_dir=None, progress=True):
    """Train a model whose encoder has been trained before.

    In stage one the encoder is frozen, so that the first large gradients of the new layers do not spoil it; its batch
    normalization uses the statistics that it came with. Stage two starts from the best weights of stage one and trains
    everything, with a lower learning rate.

    Args:
        model: Model with an encoder, see `encoder_layers`, for instance
            `deeplab_v3plus(shape, K, encoder="resnet50", weights="imagenet")`.
        train_data: As for `train`.
        val_data: As for `train`.
        recipe: `Recipe` of both stages. `epochs` are those of stage two, `learning_rate` is that of stage one.
        frozen_epochs: Epochs of stage one, at least 1.
        slower: Learning rate of stage two as a part of that of stage one, in (0, 1].
        seed: As for `train`.
        run_dir: Folder in which `stage1` and `stage2` become run folders; the same call goes on where it was stopped.
            Nothing is written if `None`.
        progress: As for `train`.

    Returns:
        `(first, second)`, the histories of the two stages. The model has the best weights of stage two.

    Raises:
        InputError: If the model has no encoder, an argument is out of range, or `train` refuses.
    """
    if not isinstance(slower, Real) or not 0 < slower <= 1:
        raise InputError(f"slower must lie in (0, 1], got {slower!r}. 0.1 is usual.")
    folders = [None if run_dir is None else Path(run_dir) / f"stage{stage}" for stage in (1, 2)]
    options = {"seed": seed, "progress": progress}
    with frozen_encoder(model):
        stage = dataclasses.replace(recipe, epochs=frozen_epochs)
        first = train(model, train_data, val_data, recipe=stage, run_dir=folders[0], **options)
    stage = dataclasses.replace(recipe, learning_rate=slower * recipe.learning_rate)
    second = train(model, train_data, val_data, recipe=stage, run_dir=folders[1], **options)
    return first, second


@contextlib.contextmanager
def frozen_encoder(model):
    """Freeze the encoder of a model within a `with` block: weights, and statistics of batch normalization.

    Keras sees the change in what is compiled after it. After the block the whole encoder is trainable.

    Args:
        model: Model with an encoder, see `encoder_layers`.

    Yields:
        The model.

    Raises:
        InputError: If the model has no encoder.

    Example:
        >>> from seglab.models import unet
        >>> model = unet((32, 32, 3), 4)
        >>> with frozen_encoder(model):
        ...     frozen = len(model.trainable_weights)
        >>> frozen < len(model.trainable_weights)
        True
    """
    encoder = encoder_layers(model)
    for layer in encoder:
        layer.trainable = False
    try:
        yield model
    finally:
        for layer in encoder:
            layer.trainable = True


def encoder_layers(model):
    """Find the encoder of a model of `seglab.models`, by the names of its layers.

    Args:
        model: Keras model.

    Returns:
        List of its layers with weights whose names begin with "encoder" - one of them may be a whole model -, or with
        "conv" where there are none, as in the slim FCN.

    Raises:
        InputError: If there are neither.

    Example:
        >>> from seglab.models import fcn, pspnet
        >>> [layer.name for layer in encoder_layers(pspnet((32, 32, 3), 4))]
        ['encoder']
        >>> [layer.name for layer in encoder_layers(fcn((32, 32, 3), 4))][:2]
        ['conv1', 'conv1_bn']
    """
    for prefix in _PREFIXES:
        found = [layer for layer in model.layers if layer.name.startswith(prefix) and layer.weights]
        if found:
            return found
    raise InputError(
        f"model must have layers with weights whose names begin with {' or '.join(_PREFIXES)}, got {model.name} "
        "without any. Name those of its encoder so, or freeze them yourself: layer.trainable = False."
    )
