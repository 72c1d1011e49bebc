"""One way to train every model of the course: seeds, mixed precision, validation metrics, checkpoint and resume."""

import math
import os
import time

import keras
import tensorflow as tf

from seglab import checkpoints
from seglab.checkpoints import load_run
from seglab.errors import InputError
from seglab.losses import cross_entropy, cross_entropy_dice, dice_loss
from seglab.metrics.keras_metrics import DatasetMeanDice, DatasetMeanIoU, DatasetPixelAccuracy
from seglab.progress import Progress
from seglab.recipes import PROFILES, Recipe
from seglab.transforms import Augmentation

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

# What `Recipe.augment` switches on: changes that a photo of the same scene could have had.
AUGMENTATION = Augmentation(scale=(0.8, 1.25), rotate=15, brightness=0.1, contrast=0.2, saturation=0.2)
LOSSES = {"ce": cross_entropy, "dice": dice_loss, "ce+dice": cross_entropy_dice}


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

    Args:
        model: Functional or sequential Keras model that returns logits `(B, H, W, K)` or, for two classes,
            `(B, H, W, 1)`. It is compiled here.
        train_data: `SegmentationData` to learn from, loaded with `batch=recipe.batch`.
        val_data: `SegmentationData` with the same classes, measured after each epoch.
        recipe: `Recipe`; `PROFILES` holds two.
        seed: Seed that the model was built with (see `set_seeds`). It is written down and compared when a run resumes.
        run_dir: Folder of the run. Nothing is written if `None`.
        config: What `run_config` gave, for `load_run` to rebuild the model from `run.json`. `None` for a model that
            is not in `models.VARIANTS`.
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
    loss = _loss(recipe.loss, train_data.ignore_class)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, decay_steps=steps * recipe.epochs)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss)
    model.optimizer.build(model.trainable_variables)
    history = {name: [] for name in ("loss", *(f"val_{name}" for name in ("loss", *SCORES)), "seconds")}
    best = None
    saved = run_dir and checkpoints.restore_checkpoint(run_dir, model=model, optimizer=model.optimizer)
    if saved:
        history, best = saved
        checkpoints.save_history(run_dir, history)
    done = len(history["loss"])
    if done < recipe.epochs:
        label = (config or {}).get("model") or model.name
        line = Progress(label, epochs=recipe.epochs, steps=steps, first_epoch=done) if progress else None
        watch = _Watch(val_data, loss, history=history, best=best, run_dir=run_dir, progress=line)
        try:
            # One fit over one endless stream: a fit per epoch would trace the network again each time.
            model.fit(
                train_data.training(augment=AUGMENTATION if recipe.augment else None, first_epoch=done),
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                callbacks=[watch],
                verbose=0,
            )
        finally:
            if line:
                line.close()
        best = watch.best
    checkpoints.set_values(model, best)
    return history


SCORES = {"mean_iou": DatasetMeanIoU, "mean_dice": DatasetMeanDice, "pixel_accuracy": DatasetPixelAccuracy}


class _Watch(keras.callbacks.Callback):
    """Measures, remembers, saves and shows each epoch."""

    async_safe = True  # the step counter may run in another thread, so that no step waits for it

    def __init__(self, val_data, loss, *, history, best, run_dir, progress):
        super().__init__()
        self._val_data, self._loss = val_data, loss
        self._history, self.best, self._run_dir, self._progress = history, best, run_dir, progress

    def on_train_begin(self, logs=None):
        # The same layers compiled a second time: the metrics cost the training steps nothing.
        data = self._val_data
        self._stream = data.data
        self._measured = keras.Model(self.model.inputs, self.model.outputs)
        metrics = [metric(data.num_classes, ignore_class=data.ignore_class) for metric in SCORES.values()]
        self._measured.compile(optimizer=None, loss=self._loss, metrics=metrics)

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self._progress:
            self._progress.step(batch + 1, lambda: logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise InputError(
                f"the loss of epoch {epoch + 1} is {logs['loss']}: the steps are too long, or a label lies outside of "
                f"the {self._val_data.num_classes} classes. Lower recipe.learning_rate, or look at the labels."
            )
        measured = self._measured.evaluate(self._stream, return_dict=True, verbose=0)
        earlier = self._history["val_mean_iou"]
        if not earlier or measured["mean_iou"] > max(earlier):
            self.best = checkpoints.values_of(self.model)
        row = {
            "loss": logs["loss"],
            **{f"val_{name}": float(value) for name, value in measured.items()},
            "seconds": time.perf_counter() - self._began,
        }
        for name, values in self._history.items():
            values.append(row[name])
        if self._run_dir:
            checkpoints.save_checkpoint(
                self._run_dir, model=self.model, optimizer=self.model.optimizer, best=self.best, history=self._history
            )
        if self._progress:
            self._progress.epoch(loss=row["loss"], val_mean_iou=row["val_mean_iou"])


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
    logits = model.output_shape[-1]
    if logits != data.num_classes and not (logits == 1 and data.num_classes == 2):
        raise InputError(
            f"{name} has {data.num_classes} classes ({', '.join(data.classes)}), the model returns {logits} logits. "
            f"Build it with num_classes={data.num_classes}."
        )


def run_config(name, model, train_data, *, recipe, seed=0, options=None):
    """Collect what the result of a training depends on, enough for `load_run` to rebuild the model.

    Args:
        name: Name of the model in `models.VARIANTS`, or `None` for a model that is not one of them.
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
        "num_classes": model.output_shape[-1],
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


def _loss(name, ignore_class):
    def loss(y_true, y_pred):
        return LOSSES[name](y_true, y_pred, ignore_class=ignore_class)

    return loss
