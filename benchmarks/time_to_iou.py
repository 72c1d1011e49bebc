"""How soon does a network that starts from random weights find the object in a few hundred images? IoU against seconds.

    SEGLAB_DATA_DIR=... python benchmarks/time_to_iou.py          # all runs: hours; goes on where it stopped
    python benchmarks/time_to_iou.py pets lecture good --seed 0   # some of them
    python benchmarks/time_to_iou.py --table                      # what is recorded, packed into seglab/measured/ too

Two public recipes and ours learn the same images on the same machine, one after the other:

- `lecture`: the U-Net of 6,667,639 weights at 256x256, RMSprop, binary cross-entropy, batches of 32, 40 epochs;
- `keras-docs`: the network of the Keras documentation's pets example at 160x160: separable convolutions, RMSprop,
  batches of 32, batch normalization with its default momentum of 0.99, colors from 0 to 255, 40 epochs too;
- `good` and `long`: what `seglab train` does by default, laid out over 40 and 140 epochs at 128x128;
- `short`: the same made for ten seconds. 4 epochs at 96x96 in batches of 8, which are more steps; a level less and a
  finer stem, which is less to trace; flips only, as nothing is learned by heart in 4 epochs; half the learning rate.

What each ingredient is worth: `good` with one thing changed, named `no-...`. The rows of other networks have as many
epochs as fit into the same time.

Every model is scored alike: IoU of the foreground at 256x256; a pet's border counts as pet. The clock starts before the
model is compiled, so it counts the tracing, and stands still during validation. The curve is that of the validation
split (54 images of pets, for 305 to train on), which also chooses the epoch; the test split is read once per run, with
the weights of that epoch. Every run has a process of its own; only on an idle machine do the seconds say something.
"""

import argparse
import contextlib
import dataclasses
import itertools
import json
import os
import statistics
import sys
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

import keras
import numpy as np
from instances import pack, recorded, run_apart
from time_to_iou_plans import ABLATION, PLANS

from seglab import measured, training
from seglab.datasets import load
from seglab.errors import InputError
from seglab.schedules import WeightAverage

RESULTS = Path(__file__).parent / "results" / "time_to_iou"
PACKED = Path(measured.__file__).parent / "time_to_iou.json"  # what the lessons read
SCORED = 256  # pixels per side at which every model is scored
DATA = ("pets", "nuclei")
SEEDS = (0, 1, 2)
POINTS = 20  # of a curve


class Curve(keras.callbacks.Callback):
    """Validation after every few epochs, off the clock; remembers the best weights."""

    def __init__(self, began, score, every, average):
        super().__init__()
        self._began, self._score, self._every, self._average = began, score, every, average
        self.points, self.best = [], None

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, validate and go on."""
        if (epoch + 1) % self._every and epoch + 1 < self.params["epochs"]:
            return
        seconds = time.perf_counter() - self._began
        with contextlib.nullcontext() if self._average is None else self._average.applied():
            value = self._score()
            if not self.points or value > max(point[2] for point in self.points):
                self.best = self.model.get_weights()
        self.points.append([round(seconds, 1), epoch + 1, round(value, 4)])
        self._began = time.perf_counter() - seconds


def open_split(name, split, size, plan, seed):
    """Images of a data set as a recipe wants them."""
    border = {"border": plan.border} if name == "pets" else {}
    folder = f"folder:{os.environ['SEGLAB_DATA_DIR']}/{name}"
    return load(folder, split=split, size=size, batch=plan.batch, seed=seed, **border)


def foreground_logits(model, images, *, flips):
    """How much each pixel is for the foreground: (N, H, W), above 0 where it wins."""
    logits = model.predict(images, batch_size=16, verbose=0)
    if logits.shape[-1] > 1:  # all classes but the first together
        logits = np.logaddexp.reduce(logits[..., 1:], axis=-1, keepdims=True) - logits[..., :1]
    logits = logits[..., 0]
    if flips:
        logits = logits + foreground_logits(model, images[:, :, ::-1], flips=False)[:, :, ::-1]
    return logits


def foreground_iou(model, images, truth, *, flips):
    """IoU over all pixels of all images at the size of the truth, bool (N, 256, 256)."""
    logits = foreground_logits(model, images, flips=flips)
    large = keras.ops.image.resize(logits[..., None], truth.shape[1:], interpolation="bilinear")
    y_pred = np.asarray(large)[..., 0] > 0
    return float((y_pred & truth).sum() / (y_pred | truth).sum())


def run(name, plan, seed):
    """Train once and return what is to be recorded."""
    train = open_split(name, "train", plan.size, plan, seed)
    sides = {}
    for split in ("val", "test"):
        small, large = (open_split(name, split, size, plan, seed) for size in (plan.size, SCORED))
        sides[split] = np.stack([image for image, _ in small]), np.stack([labels > 0 for _, labels in large])
    next(iter(train.training()))  # all images are decoded
    training.set_seeds(seed)
    model = plan.build(plan.size, train.num_classes)
    score = partial(foreground_iou, flips=plan.flips)
    score(model, *sides["val"])  # what validation traces is not training
    began = time.perf_counter()
    average, augment = None, None
    optimizer, loss = plan.ingredients(plan.epochs * train.steps_per_epoch)
    if plan.recipe is not None:
        average = WeightAverage(plan.recipe.ema_decay) if plan.recipe.ema_decay else None
        augment = plan.recipe.augment or None
    model.compile(optimizer, loss)
    optimizer.build(model.trainable_variables)  # else the first step is traced twice
    curve = Curve(began, lambda: score(model, *sides["val"]), max(1, plan.epochs // POINTS), average)
    model.fit(
        train.training(augment=augment),
        steps_per_epoch=train.steps_per_epoch,
        epochs=plan.epochs,
        callbacks=[average, curve] if average else [curve],
        verbose=0,
    )
    model.set_weights(curve.best)
    return {
        "curve": curve.points,
        "val": max(point[2] for point in curve.points),
        "test": round(score(model, *sides["test"]), 4),
        "parameters": model.count_params(),
        "images": {"train": len(train), "val": len(sides["val"][0]), "test": len(sides["test"][0])},
    }


def summary(folder=RESULTS):
    """What is recorded: a row per data set and recipe, medians over the seeds."""
    rows = [row_of(folder, name, plan_name) for name in DATA for plan_name in PLANS]
    return [row for row in rows if row["seeds"]]


def row_of(folder, name, plan_name):
    """The row of one recipe on one data set; no scores without a run."""
    paths = sorted(folder.glob(f"{name}-{plan_name}-[0-9].json"))
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    row = {"data": name, "method": plan_name, "metric": "IoU", "seeds": len(runs)}
    if runs:
        scores = [one["test"] for one in runs]
        row |= {"median": statistics.median(scores), "lowest": min(scores), "highest": max(scores)}
        checked = statistics.median(one["val"] for one in runs)
        row |= {"scores": {"IoU": row["median"], "validation IoU": checked}, "oracle": None}
        row |= {"seconds": statistics.median(one["curve"][-1][0] for one in runs)}
        row |= {"epochs": PLANS[plan_name].epochs, "parameters": runs[0]["parameters"]}
        row |= {"curves": [[[seconds, value] for seconds, _, value in one["curve"]] for one in runs]}
    return row


def reached(curve, wanted):
    """Seconds at which a curve first is as high, or `None`."""
    return next((seconds for seconds, value in curve if value >= wanted), None)


def table(folder=RESULTS):
    """Print all that is recorded, and the time to what the lecture's recipe reaches; pack it for the lessons."""
    rows = summary(folder)
    if folder == RESULTS and rows:
        pack(rows, PACKED, program="benchmarks/time_to_iou.py")
    for name in DATA:
        known = {row["method"]: row for row in rows if row["data"] == name}
        if not known:
            continue
        print(f"\n{name:20} seeds  test IoU  lowest highest  validation  epochs  seconds")
        for method, row in known.items():
            print(
                f"{method:20}{row['seeds']:6}{row['median']:10.3f}{row['lowest']:8.3f}{row['highest']:8.3f}"
                f"{row['scores']['validation IoU']:12.3f}{row['epochs']:8}{row['seconds']:9.1f}"
            )
        if "lecture" in known:
            peaks = [max(curve, key=lambda point: point[1]) for curve in known["lecture"]["curves"]]
            whole, best = (statistics.median(peak[side] for peak in peaks) for side in (0, 1))
            print(f"the lecture's recipe is at its best, {best:.3f}, after T = {whole:.0f} s")
            for method, wanted in itertools.product(("short", "good", "long"), (best, 0.75, 0.8)):
                times = [reached(curve, wanted) for curve in known.get(method, {"curves": []})["curves"]]
                if times and None not in times:
                    print(f"  {method} passes {wanted:.3f} after T / {whole / statistics.median(times):.1f}")


def file_of(name, plan_name, seed, options):
    """Where a run is recorded."""
    return options.results / f"{name}-{plan_name}-{seed}.json"


def start(name, plan_name, seed, options):
    """Make a run in a process of its own, with the threads of its recipe."""
    threads = PLANS[plan_name].threads
    own = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"), str(threads)) if threads else {}
    command = [sys.executable, __file__, name, plan_name, "--seed", str(seed), "--here"]
    command += ["--results", str(options.results), *(["--epochs", str(options.epochs)] if options.epochs else [])]
    complaint = run_apart(command, {**os.environ, **own})
    if complaint:
        return f"failed: {complaint}"
    found = json.loads(file_of(name, plan_name, seed, options).read_text(encoding="utf-8"))
    return f"validation {found['val']:.3f} after {found['curve'][-1][0]:.0f} s"


def asked(words, seed):
    """The runs that the words and the seed select: (data, recipe, seed), all of one seed before the next."""
    for word in words:
        if word not in DATA and word not in PLANS:
            raise InputError(f"{word!r} is no data set or recipe. Known are {', '.join((*DATA, *PLANS))}.")
    names = [word for word in words if word in DATA] or DATA
    chosen = [word for word in words if word in PLANS]
    return [
        (name, one, number)
        for number in SEEDS
        for name in names
        for one in chosen or [one for one in PLANS if name == "pets" or one not in ABLATION]
        if seed in (None, number)
    ]


def main(arguments=None):
    """Make the runs that are asked for and not recorded yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help=f"{', '.join(DATA)}, or recipes such as lecture and good")
    parser.add_argument("--seed", type=int, choices=SEEDS, help="this seed only")
    parser.add_argument("--table", action="store_true", help="train nothing")
    parser.add_argument("--here", action="store_true", help="in this process")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    parser.add_argument("--epochs", type=int, help="to try the program; the times say nothing then")
    options = parser.parse_args(arguments)
    if options.epochs and options.results == RESULTS:
        raise InputError("--epochs only tries the program, so --results must name another folder.")
    todo = [task for task in asked(options.only, options.seed) if not file_of(*task, options).exists()]
    failed = 0
    if options.table or "SEGLAB_DATA_DIR" not in os.environ:
        print("nothing is trained" + ("" if options.table else ": SEGLAB_DATA_DIR is not set"))
    elif options.here:
        for name, plan_name, seed in todo:
            changes = {"epochs": options.epochs} if options.epochs else {}
            plan = dataclasses.replace(PLANS[plan_name], **changes)
            recorded(file_of(name, plan_name, seed, options), partial(run, name, plan, seed))
        return 0
    else:
        for task in todo:
            line = start(*task, options)
            print(*task, line, flush=True)
            failed += line.startswith("failed")
    table(options.results)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except InputError as error:
        raise SystemExit(f"time_to_iou.py: {error}") from error
