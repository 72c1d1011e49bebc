"""What happens after each epoch of a training: validation, the best weights so far, checkpoint and progress."""

import contextlib
import math
import time

import keras

from seglab import checkpoints
from seglab.errors import InputError
from seglab.metrics.keras_metrics import DatasetMeanDice, DatasetMeanIoU, DatasetPixelAccuracy

SCORES = {"mean_iou": DatasetMeanIoU, "mean_dice": DatasetMeanDice, "pixel_accuracy": DatasetPixelAccuracy}


class EpochWatch(keras.callbacks.Callback):
    """Measures, remembers, saves and shows each epoch.

    Args:
        val_data: `SegmentationData` to measure.
        loss: Loss of the main scores.
        history: Dict of lists with one entry per epoch so far; it grows.
        best: List of arrays, what `values_of` gave after the best epoch so far, or `None`.
        average: `WeightAverage` that is measured in place of the weights, or `None`.
        run_dir: Folder of the run, or `None`.
        progress: `Progress`, or `None`.

    Raises:
        InputError: If the loss of an epoch is not a number, or the checkpoint cannot be written.
    """

    async_safe = True  # the step counter may run in another thread, so that no step waits for it

    def __init__(self, val_data, loss, *, history, best, average, run_dir, progress):
        super().__init__()
        self._val_data, self._loss, self._average = val_data, loss, average
        self._history, self.best, self._run_dir, self._progress = history, best, run_dir, progress

    def on_train_begin(self, logs=None):
        # The same layers compiled a second time: the metrics cost the training steps nothing.
        data = self._val_data
        self._stream = data.data
        with self.model.distribute_strategy.scope():
            self._measured = keras.Model(self.model.inputs, self.model.outputs[0])
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
        with self._average.applied() if self._average else contextlib.nullcontext():
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
                self._run_dir,
                model=self.model,
                optimizer=self.model.optimizer,
                average=self._average,
                best=self.best,
                history=self._history,
            )
        if self._progress:
            self._progress.epoch(loss=row["loss"], val_mean_iou=row["val_mean_iou"])
