"""Does `seglab.training.train` cost speed? Steps per second against a bare Keras `fit`.

All train the same network from the same weights on the same input stream, with the same loss and optimizer:

- bare fit: nothing else.
- fit + validation: the loss of the validation images after each epoch, by Keras's own `validation_data`.
- train: validation with IoU and Dice, the best weights, a checkpoint per epoch, and progress.

Steps are timed from the second one of each epoch to its last. Runs alternate. By the clock, the fastest epoch of each
counts: whatever else the machine does can only slow an epoch down. The processor time of all threads, by its median,
says the same on a machine that is busy with other things.

    python benchmarks/training.py [--repeats 5] [--epochs 4] [--images 960]
"""

import argparse
import contextlib
import dataclasses
import io
import os
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from seglab import training
from seglab.datasets import load
from seglab.ingredients import loss_of
from seglab.models import VARIANTS

BAR = 0.95


class Clock(keras.callbacks.Callback):
    """Times the steps of each epoch; put it first, to be asked before the other callbacks."""

    async_safe = True

    def __init__(self):
        super().__init__()
        self.speeds = []

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            self._began = time.perf_counter(), time.process_time()
        self._batch = batch

    def on_epoch_end(self, epoch, logs=None):
        ended = time.perf_counter(), time.process_time()
        self.speeds.append([self._batch / (end - begin) for begin, end in zip(self._began, ended, strict=True)])


def fit(model, train_data, recipe, **options):
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate, decay_steps=train_data.steps_per_epoch * recipe.epochs
    )
    loss = loss_of(recipe, ignore_class=train_data.ignore_class)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss)
    clock = Clock()
    model.fit(
        train_data.training(),
        epochs=recipe.epochs,
        steps_per_epoch=train_data.steps_per_epoch,
        callbacks=[clock],
        verbose=0,
        **options,
    )
    return clock.speeds


def train(model, train_data, val_data, recipe):
    clock, its_fit = Clock(), model.fit
    model.fit = lambda *data, callbacks, **options: its_fit(*data, callbacks=[clock, *callbacks], **options)
    with tempfile.TemporaryDirectory() as run_dir, contextlib.redirect_stdout(io.StringIO()):
        training.train(model, train_data, val_data, recipe=recipe, run_dir=run_dir)
    return clock.speeds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--images", type=int, default=960)
    options = parser.parse_args()
    recipe = dataclasses.replace(training.PROFILES["fast"], epochs=options.epochs)
    train_data = load("shapes", count=options.images, batch=recipe.batch)
    val_data = load("shapes", split="val", batch=recipe.batch)
    runs = {
        "bare fit": lambda model: fit(model, train_data, recipe),
        "fit + validation": lambda model: fit(model, train_data, recipe, validation_data=val_data.data),
        "train": lambda model: train(model, train_data, val_data, recipe),
    }
    print(
        f"{training.device_name()}, shapes 64x64, batch {recipe.batch}, {options.repeats * options.epochs} epochs each"
    )
    print(f"{'network':10}{'':18}{'steps/s':>10}{'of bare fit':>14}{'steps/cpu s':>16}{'of bare fit':>14}")
    reached = True
    for network in ("FCN-8s", "U-Net"):
        speeds = {name: [] for name in runs}
        for repeat in range(options.repeats):
            for name in list(runs)[:: 1 if repeat % 2 else -1]:
                training.set_seeds(0)
                build = VARIANTS[network]
                model = build((*train_data.size, 3), train_data.num_classes, base_filters=recipe.base_filters)
                speeds[name] += runs[name](model)
        best, typical = {}, {}
        for name, rows in speeds.items():
            by_clock, by_processor = zip(*rows, strict=True)
            best[name], typical[name] = max(by_clock), statistics.median(by_processor)
            ratio = best[name] / best["bare fit"]
            print(
                f"{network:10}{name:18}{best[name]:10.2f}{ratio:14.3f}"
                f"{typical[name]:16.2f}{typical[name] / typical['bare fit']:14.3f}"
            )
        reached = reached and ratio >= BAR
    print(f"bar: train at least {BAR} of the bare fit: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
