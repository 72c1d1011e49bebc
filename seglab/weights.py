"""The weights of a network in a file that can hold nothing else: safetensors, to hand in and to be judged.

A `.keras`, `.h5` or pickle file can carry code that runs where it is opened; a safetensors file is a table of names,
shapes and raw numbers. Whoever judges weights builds the network from code of their own and loads the numbers into it.
"""

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from seglab.checkpoints import write_atomically
from seglab.errors import InputError


def save_weights(model, path):
    """Write all weights of a model, in the order of `model.weights`.

    Args:
        model: A built Keras model, or anything whose `weights` have `path` and can be turned into arrays.
        path: Path of the file, usually `*.safetensors`; it is replaced whole or not at all.

    Raises:
        InputError: If the file cannot be written.

    Example:
        >>> import keras, tempfile, os
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
        >>> save_weights(model, path)
        >>> load_weights(model, path)
    """
    arrays = {
        f"{index:04}/{weight.path}": np.ascontiguousarray(weight.numpy() if hasattr(weight, "numpy") else weight)
        for index, weight in enumerate(model.weights)
    }
    write_atomically(path, save(arrays))


def load_weights(model, path):
    """Read weights into a model of the same shapes; nothing in the file is run.

    Names may differ, as Keras numbers layers anew in every process: order and shapes must agree.

    Args:
        model: A built Keras model; it is changed in place, or left as it is.
        path: Path of the file.

    Raises:
        InputError: If the file is missing, is none that `save_weights` writes, holds a weight too many or too few or of
            another shape, or a number that is not finite.
    """
    try:
        with open(path, "rb") as file:
            arrays = load(file.read())
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: no weights can be read: {error}. Write the file with save_weights.") from None
    names, weights = sorted(arrays), model.weights
    if len(names) != len(weights):
        raise InputError(f"{path}: {len(names)} weights, the model has {len(weights)}. Build the same network.")
    for name, weight in zip(names, weights, strict=True):
        if arrays[name].shape != tuple(weight.shape):
            raise InputError(f"{path}: {name} has shape {arrays[name].shape}, the model wants {tuple(weight.shape)}.")
        if not np.isfinite(arrays[name].astype(np.float64)).all():
            raise InputError(f"{path}: {name} holds a number that is not finite. Did the training diverge?")
    for name, weight in zip(names, weights, strict=True):
        weight.assign(arrays[name])
