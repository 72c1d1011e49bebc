"""Does `seglab.training.train` cost speed? Steps per second against a bare Keras `fit`.

Both train the same network from the same weights on the same input stream, with the same loss and optimizer, and
validate after each epoch. The bare `fit` does nothing else; `train` also measures IoU and Dice, remembers the best
weights, shows progress and writes a checkpoint. Runs alternate, so that a machine that slows down slows both.

- steps/s: from the second step of each epoch to its last.
- whole epochs/s: from the second epoch on, with validation and all that happens between epochs.

    python benchmarks/training.py [--repeats 5] [--epochs 6] [--size 64]
"""

import argparse
import contextlib
import dataclasses
import functools
import io
import os
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from seglab import training
from seglab.datasets import load
from seglab.models import VARIANTS

BAR = 0.95


class Clock(keras.callbacks.Callback):
    """Times steps and whole epochs of a `fit`; put it first, to be asked before the other callbacks."""

    async_safe = True

    def __init__(self):
        super().__init__()
        self.step_seconds, self.steps = 0.0, 0

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self._second_epoch = time.perf_counter()
        self.epochs = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            self._second_step = time.perf_counter()
        self._batch = batch

    def on_epoch_end(self, epoch, logs=None):
        self.step_seconds += time.perf_counter() - self._second_step
        self.steps += self._batch

    def speeds(self):
        """Give steps per second, and whole epochs per second, at the end of the `fit`."""
        return self.steps / self.step_seconds, self.epochs / (time.perf_counter() - self._second_epoch)


def bare_fit(model, train_data, val_data, recipe):
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate, decay_steps=train_data.steps_per_epoch * recipe.epochs
    )
    loss = functools.partial(training.LOSSES[recipe.loss], ignore_class=train_data.ignore_class)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss)
    clock = Clock()
    model.fit(
        train_data.training(),
        validation_data=val_data.data,
        epochs=recipe.epochs,
        steps_per_epoch=train_data.steps_per_epoch,
        callbacks=[clock],
        verbose=0,
    )
    return clock.speeds()


def seglab_train(model, train_data, val_data, recipe):
    clock, fit = Clock(), model.fit
    model.fit = lambda *data, callbacks, **options: fit(*data, callbacks=[clock, *callbacks], **options)
    with tempfile.TemporaryDirectory() as run_dir, contextlib.redirect_stdout(io.StringIO()):
        training.train(model, train_data, val_data, recipe=recipe, run_dir=run_dir)
    return clock.speeds()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    recipe = dataclasses.replace(training.PROFILES["fast"], epochs=options.epochs)
    train_data, val_data = (
        load("shapes", split=split, size=options.size, batch=recipe.batch) for split in ("train", "val")
    )
    print(f"{training.device_name()}, {options.size}x{options.size}, batch {recipe.batch}, {options.repeats} pairs")
    print(f"{'':22}{'steps/s':>12}{'ratio':>8}   {'epochs/s':>12}{'ratio':>8}")
    good = True
    for name in ("FCN-8s", "U-Net"):
        speeds = {bare_fit: [], seglab_train: []}
        for repeat in range(options.repeats):
            for run in list(speeds)[:: 1 if repeat % 2 else -1]:
                training.set_seeds(0)
                model = VARIANTS[name]((*train_data.size, 3), train_data.num_classes, base_filters=recipe.base_filters)
                speeds[run].append(run(model, train_data, val_data, recipe))
        # Each run is compared with the one beside it in time: what else the machine does then hits both.
        ratios = [
            [mine / bare for mine, bare in zip(*pair, strict=True)]
            for pair in zip(speeds[seglab_train], speeds[bare_fit], strict=True)
        ]
        by_steps, by_epochs = (statistics.median(column) for column in zip(*ratios, strict=True))
        for run, rows in speeds.items():
            steps, epochs = (statistics.median(column) for column in zip(*rows, strict=True))
            mine = run is seglab_train
            print(
                f"{name:8}{run.__name__:14}{steps:12.2f}{by_steps if mine else 1:8.3f}   "
                f"{epochs:12.3f}{by_epochs if mine else 1:8.3f}"
            )
        good = good and by_steps >= BAR
    print(f"bar: steps/s of train at least {BAR} of the bare fit: {'reached' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
