"""One way to train every model of the course: seeds, mixed precision, validation metrics, checkpoint and resume."""

import os

import keras
import tensorflow as tf

from seglab import checkpoints
from seglab.checkpoints import load_run
from seglab.epochs import SCORES, EpochWatch
from seglab.errors import InputError
from seglab.ingredients import class_weights_of, loss_of, optimizer_of
from seglab.models.pspnet import AUXILIARY_WEIGHT
from seglab.progress import Progress
from seglab.recipes import PROFILES, Recipe
from seglab.schedules import WeightAverage
from seglab.transforms import PHOTO

__all__ = [
    "PROFILES",
    "Recipe",
    "check_fit",
    "device_name",
    "load_run",
    "run_config",
    "set_seeds",
    "train",
    "use_mixed_precision_on_gpu",
]


def set_seeds(seed):
    """Seed Python, NumPy and Keras, so that a model built next starts from the same weights every time.

    On a CPU, the same seed, versions and machine give bit-identical trained weights; a GPU may add in another order.

    Args:
        seed: Integer in [0, 2**32).

    Raises:
        InputError: If `seed` is outside that range.

    Example:
        >>> set_seeds(0)
        >>> first = keras.random.uniform((2,))
        >>> set_seeds(0)
        >>> bool(keras.ops.all(first == keras.random.uniform((2,))))
        True
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InputError(f"seed must be an integer in [0, 2**32), got {seed!r}.")
    keras.utils.set_random_seed(seed)


def use_mixed_precision_on_gpu():
    """Let models that are built from now on compute in float16 where a GPU is found.

    Weights and logits stay float32; Keras scales the loss by itself.

    Returns:
        Whether a GPU was found.
    """
    found = bool(tf.config.list_physical_devices("GPU"))
    if found:
        keras.mixed_precision.set_global_policy("mixed_float16")
    return found


def device_name():
    """Name the device that Keras computes on.

    Returns:
        The name of the first GPU, or the number of CPU cores.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
    return f"CPU, {os.cpu_count()} cores"


def train(model, train_data, val_data, *, recipe, seed=0, run_dir=None, config=None, progress=True):
    """Train a model and leave it with the weights of the epoch that had the best validation mIoU.

    With a `run_dir`, the state is saved after every epoch. When the process is stopped, however hard, the same call
    goes on after the last whole epoch and, on a CPU, comes to the same weights and history as an unbroken run. After
    the last epoch, the same call returns at once.

    A model that was built in the scope of a `tf.distribute.MirroredStrategy` trains on all its devices: each gets an
    equal part of every batch, and its own statistics of batch normalization.

    Args:
        model: Functional or sequential Keras model that returns logits `(B, H, W, K)` or, for two classes,
            `(B, H, W, 1)`. Further outputs are auxiliary logits like the first: their losses count
            `models.pspnet.AUXILIARY_WEIGHT` each, and only the first output is validated. It is compiled here.
        train_data: `SegmentationData` to learn from, loaded with `batch=recipe.batch`.
        val_data: `SegmentationData` with the same classes, measured after each epoch.
        recipe: `Recipe`, such as those of `PROFILES`.
        seed: Seed that the model was built with (see `set_seeds`). It is written down and compared when a run resumes.
        run_dir: Folder of the run. Nothing is written if `None`.
        config: What `run_config` gave, for `load_run` to rebuild the model from `run.json`. `None` for a model that
            is not in `models.NETWORKS`.
        progress: Whether to print the live line.

    Returns:
        Dict of lists with one float per epoch: `loss`, `val_loss`, `val_mean_iou`, `val_mean_dice`,
        `val_pixel_accuracy`, `seconds` (training and validation).

    Raises:
        InputError: If model, data and recipe do not fit each other, `run_dir` holds another run, a checkpoint cannot
            be written, or the loss stops being a number.
    """
    for name, data in (("train_data", train_data), ("val_data", val_data)):
        check_fit(model, data, name)
    if train_data.batch != recipe.batch:
        raise InputError(
            f"train_data.batch must be recipe.batch = {recipe.batch}, got {train_data.batch}. Load the data with "
            f"batch={recipe.batch}."
        )
    if val_data.classes != train_data.classes:
        raise InputError(f"val_data.classes must be those of train_data, got {val_data.classes}.")
    if run_dir is not None:
        facts = run_config(None, model, train_data, recipe=recipe, seed=seed)
        images = {"train": len(train_data), "val": len(val_data)}
        run_dir = checkpoints.open_run(run_dir, {**facts, **(config or {}), "seed": seed, "images": images})

    steps = train_data.steps_per_epoch
    loss = _compile(model, recipe, train_data)
    average = None
    if recipe.ema_decay is not None:
        average = WeightAverage(recipe.ema_decay)
        average.build(model)
    history = {name: [] for name in ("loss", *(f"val_{name}" for name in ("loss", *SCORES)), "seconds")}
    best = None
    saved = run_dir and checkpoints.restore_checkpoint(run_dir, model=model, optimizer=model.optimizer, average=average)
    if saved:
        history, best = saved
        checkpoints.save_history(run_dir, history)
    done = len(history["loss"])
    if done < recipe.epochs:
        label = (config or {}).get("model") or model.name
        line = Progress(label, epochs=recipe.epochs, steps=steps, first_epoch=done) if progress else None
        watch = EpochWatch(val_data, loss, history=history, best=best, average=average, run_dir=run_dir, progress=line)
        stream = train_data.training(augment=_augmentation(recipe), first_epoch=done)
        if len(model.outputs) > 1:
            stream = stream.map(lambda images, labels: (images, (labels,) * len(model.outputs)))
        try:
            # One fit over one endless stream: a fit per epoch would trace the network again each time.
            model.fit(
                stream,
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                callbacks=[average, watch] if average else [watch],
                verbose=0,
            )
        finally:
            if line:
                line.close()
        best = watch.best
    checkpoints.set_values(model, best)
    return history


def check_fit(model, data, name="data"):
    """Refuse data whose images or classes the model cannot take.

    Args:
        model: Functional or sequential Keras model.
        data: `SegmentationData`.
        name: What to call the data in the message.

    Raises:
        InputError: If there are no images, or their size, or the number of classes, does not fit.
    """
    if not len(data):
        raise InputError(f"{name} must hold at least one image, got none. Check the split {data.split!r}.")
    wanted, got = model.input_shape[1:], (*data.size, 3)
    if any(side not in (None, length) for side, length in zip(wanted, got, strict=True)):
        raise InputError(
            f"{name}.size must be the input size {wanted[:2]} of the model, got {data.size}. Load the data with that "
            "size, or build the model for it."
        )
    logits = _num_logits(model)
    if logits != data.num_classes and not (logits == 1 and data.num_classes == 2):
        raise InputError(
            f"{name} has {data.num_classes} classes ({', '.join(data.classes)}), the model returns {logits} logits. "
            f"Build it with num_classes={data.num_classes}."
        )


def run_config(name, model, train_data, *, recipe, seed=0, options=None):
    """Collect what the result of a training depends on, enough for `load_run` to rebuild the model.

    Args:
        name: Name of the model in `models.NETWORKS`, or `None` for a model that is not one of them.
        model: Keras model.
        train_data: `SegmentationData` to learn from.
        recipe: `Recipe`.
        seed: Seed that the model was built with.
        options: Dict of the further arguments of `datasets.load`: `labels`, `kind`, `ignore`, `border`.

    Returns:
        Dict of JSON values.
    """
    return {
        "model": name,
        "input_shape": list(model.input_shape[1:]),
        "num_classes": _num_logits(model),
        "base_filters": recipe.base_filters,
        "parameters": model.count_params(),
        "data": {
            "spec": train_data.spec,
            "size": list(train_data.size),
            "seed": train_data.seed,
            "options": {key: value for key, value in (options or {}).items() if value is not None},
        },
        "classes": list(train_data.classes),
        "ignore_class": train_data.ignore_class,
        "recipe": recipe.to_dict(),
        "seed": seed,
    }


def _num_logits(model):
    shape = model.output_shape  # a list of shapes where there are auxiliary outputs
    return (shape[0] if isinstance(shape, list) else shape)[-1]


def _augmentation(recipe):
    if isinstance(recipe.augment, bool):
        return PHOTO if recipe.augment else None
    return recipe.augment


def _compile(model, recipe, data):
    """Compile for the devices that the model was built on; give the loss of the main scores."""
    named = loss_of(recipe, ignore_class=data.ignore_class, class_weights=class_weights_of(recipe, data))
    replicas = model.distribute_strategy.num_replicas_in_sync

    def loss(y_true, y_pred):
        # Keras adds up what the replicas give, and leaves the division to a loss that is one number.
        return named(y_true, y_pred) / replicas

    weights = [1.0] + [AUXILIARY_WEIGHT] * (len(model.outputs) - 1)
    losses = {"loss": loss} if len(weights) == 1 else {"loss": [loss] * len(weights), "loss_weights": weights}
    with model.distribute_strategy.scope():
        model.compile(optimizer=optimizer_of(recipe, data.steps_per_epoch * recipe.epochs), **losses)
        model.optimizer.build(model.trainable_variables)
    return loss
