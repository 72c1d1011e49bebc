"""What does a published recipe for Oxford-IIIT Pet reach, and which changes make it better?

The recipe is that of a lecture: a U-Net of six levels (6,667,639 weights), binary cross-entropy, RMSprop, mean IoU, and
three runs with (batch, epochs) = (32, 25), (32, 30) and (64, 40). Then one thing is changed at a time, each change on
top of those before. What differs from the lecture: the images are smaller (there 256x256), and there are only as many
of them as the data set given here has.

Every finished run leaves one file in `benchmarks/results/pets/`; a run whose file exists is not repeated, so that the
table can be made in pieces (`--minutes`). All scores are of the test split, and none was used to choose anything.

    SEGLAB_DATA_DIR=... python benchmarks/pets.py [--minutes M] [--only NAME] [--size 64] [--data folder:PATH]
"""

import argparse
import dataclasses
import functools
import json
import math
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from seglab import losses, training
from seglab.datasets import load
from seglab.metrics import confusion_matrix, iou_per_class, mean_iou, pixel_accuracy
from seglab.metrics.keras_metrics import DatasetMeanIoU
from seglab.models.unet import unet, unet_six_level
from seglab.transforms import PHOTO

RESULTS = Path(__file__).parent / "results" / "pets"
LOSSES = {"ce": losses.cross_entropy, "ce+dice": losses.cross_entropy_dice}
BORDER = 2  # the label of the border where the data were loaded with border="own"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training, and what the table says of it."""

    title: str
    batch: int = 64
    epochs: int = 40
    border: str = "foreground"
    network: str = "six levels"
    optimizer: str = "rmsprop"
    loss: str = "ce"
    augment: bool = False
    keep: str = "last epoch"
    seed: int = 0


LECTURE = {
    "lecture-32-25": Run("the lecture's first run", batch=32, epochs=25),
    "lecture-32-30": Run("the lecture's second run", batch=32, epochs=30),
    "lecture-64-40": Run("the lecture's third run", batch=64, epochs=40),
}
CHANGES = (  # each on top of those before
    ("small-batches", "8 images per step, half the epochs", {"batch": 8, "epochs": 20}),
    ("batch-norm", "batch normalization, fewer weights", {"network": "batch norm"}),
    ("border-ignored", "the border is not counted", {"border": "ignore"}),
    ("adam-cosine", "Adam, falling step size, best epoch", {"optimizer": "adam, cosine", "keep": "best epoch"}),
    ("augmented", "augmentation", {"augment": True}),
    ("dice", "cross-entropy + Dice", {"loss": "ce+dice"}),
    ("longer", "twice as long", {"epochs": 40}),
)


def plan():
    """All runs by name, in their order."""
    runs, last = dict(LECTURE), LECTURE["lecture-64-40"]
    for name, title, change in CHANGES:
        last = runs[name] = dataclasses.replace(last, title=f"+ {title}", **change)
    runs["dice-seed1"] = dataclasses.replace(runs["dice"], title="cross-entropy + Dice, another seed", seed=1)
    return runs


def build(network, size):
    """The network of a run, with one logit, for images of a size that is divisible by 64."""
    if network == "batch norm":
        return unet((size, size, 3), 1, base_filters=8, depth=4)
    return keras.models.clone_model(unet_six_level(), input_tensors=keras.Input((size, size, 3)))


class Watch(keras.callbacks.Callback):
    """Notes the validation mIoU after each epoch, and keeps the best weights."""

    def __init__(self, data, metric):
        super().__init__()
        self.data, self.metric, self.curve, self.best = data, metric, [], None

    def on_epoch_end(self, epoch, logs=None):
        self.metric.reset_state()
        for images, labels in self.data:
            self.metric.update_state(labels, self.model.predict_on_batch(images))
        self.curve.append(float(self.metric.result()))
        if self.curve[-1] >= max(self.curve):
            self.best = self.model.get_weights()


def train(run, spec, size):
    """Train one network; returns it, the curve of the validation mIoU, the steps, and the seconds of all cores."""
    began = time.process_time()
    data, val = (
        load(spec, split=split, size=size, batch=run.batch, border=run.border, seed=run.seed)
        for split in ("train", "val")
    )
    training.set_seeds(run.seed)
    model = build(run.network, size)
    steps = data.steps_per_epoch
    if run.optimizer == "rmsprop":
        optimizer = keras.optimizers.RMSprop()
    else:
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps * run.epochs))
    model.compile(optimizer, functools.partial(LOSSES[run.loss], ignore_class=data.ignore_class))
    watch = Watch(val.data, DatasetMeanIoU(data.num_classes, ignore_class=data.ignore_class))
    stream = data.training(augment=PHOTO if run.augment else None)
    model.fit(stream, epochs=run.epochs, steps_per_epoch=steps, callbacks=[watch], verbose=0)
    if run.keep == "best epoch":
        model.set_weights(watch.best)
    return model, watch.curve, steps * run.epochs, time.process_time() - began


def logits_of(model, data):
    """All logits (N, H, W, 1) and labels (N, H, W) of a data set."""
    pairs = [(model.predict_on_batch(images), np.asarray(labels)) for images, labels in data.data]
    return tuple(np.concatenate(parts) for parts in zip(*pairs, strict=True))


def scores(truth, y_pred):
    """One prediction measured by three rules for the border."""
    rules = {"ignore": 255, "foreground": 1, "background": 0}
    results = {}
    for rule, value in rules.items():
        labels = np.where(truth == BORDER, value, truth)
        counts = confusion_matrix(labels, y_pred, 2, ignore_class=255)
        results[rule] = {
            "iou": float(iou_per_class(counts)[1]),
            "mean_iou": float(mean_iou(counts)),
            "accuracy": float(pixel_accuracy(counts)),
        }
    return results


def keras_mean_iou(truth, logits):
    """What `keras.metrics.MeanIoU` says if it is given the output of a sigmoid, as the recipe has it."""
    metric = keras.metrics.MeanIoU(2)
    for labels, values in zip(truth, logits, strict=True):
        metric.update_state((labels > 0).astype("int32"), keras.ops.sigmoid(values[..., 0]))
    return float(metric.result())


def measure(run, spec, size):
    """Train and test one run; returns what its file holds."""
    model, curve, steps, seconds = train(run, spec, size)
    test = load(spec, split="test", size=size, batch=16, border="own", seed=run.seed)
    logits, truth = logits_of(model, test)
    result = {
        **dataclasses.asdict(run),
        "size": size,
        "parameters": model.count_params(),
        "steps": steps,
        "cpu_seconds": round(seconds, 1),
        "device": training.device_name(),
        "versions": {"keras": keras.__version__, keras.backend.backend(): backend_version(), "numpy": np.__version__},
        "images": {"train": len(load(spec, size=size, seed=run.seed)), "test": len(test)},
        "val_mean_iou": [round(value, 4) for value in curve],
    }
    result["test"] = scores(truth, (logits[..., 0] > 0).astype(np.uint8))
    result["keras_mean_iou"] = keras_mean_iou(truth, logits)
    return result


def constant(spec, size):
    """What answering "background" everywhere scores."""
    test = load(spec, split="test", size=size, border="own")
    truth = np.concatenate([np.asarray(labels) for _, labels in test.data])
    shares = np.bincount(truth.ravel(), minlength=3) / truth.size
    names = ("background", "pet", "border")
    return {"shares": dict(zip(names, shares.tolist(), strict=True)), "test": scores(truth, np.zeros_like(truth))}


def backend_version():
    return sys.modules[keras.backend.backend()].__version__


def rounded(value):
    """Numbers of a result with four digits, so that its file is small."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


def file_of(folder, name, size):
    return folder / f"{name}-{size}.json"


def show(folder, names, size):
    """Print the table of all results that are there."""
    print(f"{'run':24}{'':38}{'steps':>7}{'IoU of the pet, border':>34}{'':>10}{'':>9}")
    print(f"{'':62}{'':>7}{'ignored':>12}{'as pet':>9}{'as ground':>11}{'accuracy':>10}{'cpu s':>9}")
    for name in names:
        file = file_of(folder, name, size)
        if not file.is_file():
            continue
        result = json.loads(file.read_text())
        columns = [result["test"][rule]["iou"] for rule in ("ignore", "foreground", "background")]
        text = f"{name:24}{result.get('title', ''):38}{result.get('steps', 0):7}"
        text += "".join(f"{value:{width}.3f}" for value, width in zip(columns, (12, 9, 11), strict=True))
        print(text + f"{result['test']['foreground']['accuracy']:10.3f}{result.get('cpu_seconds', 0):9.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = os.environ.get("SEGLAB_DATA_DIR")
    parser.add_argument("--data", default=f"folder:{root}/pets" if root else None, metavar="SPEC")
    parser.add_argument("--only", metavar="NAME", help="one run, by its name in the table")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    parser.add_argument("--epochs", type=int, help="fewer epochs, to try the program")
    parser.add_argument("--size", type=int, default=64, help="pixels per side, divisible by 64")
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no further run after this time")
    options = parser.parse_args()
    began = time.monotonic()
    runs = plan()
    if options.only not in (None, "constant", *runs):
        parser.error(f"--only must be one of {', '.join(runs)}")
    if options.data is None:
        print("SEGLAB_DATA_DIR is not set: nothing to train on, these are the recorded results")
        show(options.results, ("constant", *runs), options.size)
        return 0
    options.results.mkdir(parents=True, exist_ok=True)
    for name in ("constant", *runs):
        file = file_of(options.results, name, options.size)
        if file.is_file() or options.only not in (None, name):
            continue
        if time.monotonic() - began > 60 * options.minutes:
            print(f"{name} and what follows wait for another call")
            break
        if name == "constant":
            result = constant(options.data, options.size)
        else:
            run = runs[name] if options.epochs is None else dataclasses.replace(runs[name], epochs=options.epochs)
            result = measure(run, options.data, options.size)
        file.write_text(json.dumps(rounded(result), indent=1) + "\n")
    show(options.results, ("constant", *runs), options.size)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
