"""Which semantic network for which images? Fifteen of them, the same time to learn for all, on three real data sets.

    SEGLAB_DATA_DIR=... python benchmarks/models.py   # 75 runs: hours; goes on where it stopped
    python benchmarks/models.py pets u-net --seed 0   # some of them
    python benchmarks/models.py --minutes 60          # start no further run after an hour
    python benchmarks/models.py --table               # what has been recorded, packed into seglab/measured/ too

Networks: the package's nine semantic architectures in their slim form, 8 filters to begin with. Where a paper adds one
idea, the network without it is there too: the three strides of FCN, the skips of U-Net (none, added, concatenated), the
indices of SegNet, the second loss of PSPNet; DeepLab's four versions are such a row already. Its dilation rates are the
papers', divided by the ratio of the maps (lesson 7a): on maps of 8x8 and 16x16 theirs would look past the border.

Data: 128x128 pixels from `$SEGLAB_DATA_DIR`. The border of a pet's trimap counts as pet, as in lesson 6c: were it
ignored, no contour would be left to measure. Nuclei are one class; void in camvid is not counted.

Training: from random weights by `seglab.training.train` and one recipe. A few steps are timed after tracing; as many
follow as fit into 360 CPU-seconds, three minutes on two cores, and the schedule is laid out over them. Further seeds
take as many steps as the first. Tracing and validation come on top: `cpu_seconds` is all of the training. What is kept
are the weights, averaged over steps, of the epoch with the best validation mIoU; the test split chooses nothing.

Measured on the test split, once without and once with a dense CRF on top. One set of its parameters serves all: the
usual ones of the authors' program, for photographs of about 500 pixels, with distances scaled to 128.

Each run has a process of its own with one thread, two at a time (`--jobs`). `memory_mb` is its peak until the training
ends; a first seed's has the timed network in it, 90 MB for a U-Net. What an image takes does not depend on a training,
so `models_ms.py` measures it apart.
"""

import argparse
import dataclasses
import json
import math
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

import keras
import numpy as np
from instances import median, pack, recorded, run_apart

from seglab import measured, training
from seglab.crf import dense_crf
from seglab.datasets import load
from seglab.errors import InputError
from seglab.evaluation import Evaluation
from seglab.ingredients import loss_of, optimizer_of
from seglab.metrics import boundary_counts, confusion_matrix
from seglab.models import NETWORKS, deeplab_v1, deeplab_v2, deeplab_v3, deeplab_v3plus, pspnet, segnet, slug, unet
from seglab.schedules import WeightAverage
from seglab.transforms import PHOTO

RESULTS = Path(__file__).parent / "results" / "models"
PACKED = Path(measured.__file__).parent / "models.json"  # what the lessons read
MODELS = {
    **NETWORKS,
    "U-Net with added skips": partial(unet, skips="add"),
    "SegNet without indices": partial(segnet, unpooling="nearest"),
    "DeepLab v1": partial(deeplab_v1, rate=5),
    "DeepLab v2": partial(deeplab_v2, rates=(2, 5, 7, 9)),
    "DeepLab v3": partial(deeplab_v3, rates=(1, 3, 4)),
    "DeepLab v3+": partial(deeplab_v3plus, rates=(1, 3, 4)),
    "PSPNet without second loss": partial(pspnet, auxiliary=False),
}
DATA = {"pets": (0, 1, 2), "nuclei": (0,), "camvid": (0,)}  # with the seeds
SEEDS = DATA["pets"]
SIZE, BUDGET, TIMED_STEPS = 128, 360, 20
TIMES = "ms.json"  # beside the runs, of models_ms.py
RECIPE = training.Recipe(
    epochs=1,  # as many as fit into the time
    batch=16,
    learning_rate=4e-3,
    loss="ce+dice",
    base_filters=8,
    augment=True,
    schedule="one-cycle",
    ema_decay=0.99,
)
CRF = {"theta_alpha": 20.0, "theta_beta": 13.0, "theta_gamma": 1.0, "appearance_weight": 10.0, "smoothness_weight": 3.0}
ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
FACTS = {"parameters": "weights", "memory_mb": "MB", "cpu_seconds": "CPU-s", "steps": "steps"}
HEADS = "seeds    mIoU  lowest highest  boundary  accuracy  CRF mIoU  boundary        ms   CRF too"
METRICS = ("mIoU", "boundary IoU", "pixel accuracy")


def open_split(name, split, seed, count):
    """The images of a data set, all of them if `count` is `None`."""
    folder = f"folder:{os.environ['SEGLAB_DATA_DIR']}/{name}"
    border = {"border": "foreground"} if name == "pets" else {}
    return load(folder, split=split, size=SIZE, batch=RECIPE.batch, seed=seed, count=count, **border)


def seconds_per_step(build, data):
    """CPU seconds of a training step, tracing left out; the network is thrown away."""
    model, traced = build(), 3  # steps until all is traced
    loss, outputs = loss_of(RECIPE, ignore_class=data.ignore_class), len(model.outputs)
    model.compile(optimizer_of(RECIPE, traced + TIMED_STEPS), [loss] * outputs)
    stream = data.training(augment=PHOTO)
    if outputs > 1:
        stream = stream.map(lambda images, labels: (images, (labels,) * outputs))
    times = []
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: times.append(time.process_time()))
    callbacks = [WeightAverage(RECIPE.ema_decay), clock]
    model.fit(stream, steps_per_epoch=traced + TIMED_STEPS, callbacks=callbacks, verbose=0)
    return (times[-1] - times[traced - 1]) / TIMED_STEPS


def epochs_of(name, model_name, build, data, options):
    """Epochs that fit into the time; as many as another seed had, if there is one."""
    for path in runs_of(options.results, name, model_name):
        return json.loads(path.read_text(encoding="utf-8"))["steps"] // data.steps_per_epoch
    return max(2, round(options.budget / seconds_per_step(build, data) / data.steps_per_epoch))


def run(name, model_name, seed, options):
    """Train one network, measure it, and return what is to be recorded."""
    train, val, test = (open_split(name, split, seed, options.images) for split in ("train", "val", "test"))
    build = partial(MODELS[model_name], (*train.size, 3), train.num_classes, base_filters=RECIPE.base_filters)
    recipe = dataclasses.replace(RECIPE, epochs=epochs_of(name, model_name, build, train, options))
    training.set_seeds(seed)
    model = build()
    wall, cpu = time.perf_counter(), time.process_time()
    history = training.train(model, train, val, recipe=recipe, seed=seed, progress=False)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    facts = {"steps": recipe.epochs * train.steps_per_epoch, "cpu_seconds": round(cpu), "seconds": round(wall)}
    facts |= {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    facts |= {"val mIoU": round(max(history["val_mean_iou"]), 4), "budget": options.budget}
    # What only helps the training is neither timed nor counted.
    return facts | measure(keras.Model(model.input, model.outputs[0]), model_name, test)


def measure(network, model_name, test):
    """Scores on the test split without and with the CRF, milliseconds per image, and the number of weights."""
    images, truth = (np.stack(part) for part in zip(*test, strict=True))
    logits = network.predict(images, batch_size=RECIPE.batch, verbose=0)
    probs = keras.ops.convert_to_numpy(keras.ops.softmax(logits))  # (N, H, W, K)
    cpu = time.process_time()
    refined = [dense_crf(*one, **CRF).argmax(axis=-1) for one in zip(probs, images, strict=True)]
    cpu = time.process_time() - cpu
    maps = dict(zip(ways_of(model_name), (probs.argmax(axis=-1), np.stack(refined)), strict=True))
    return {
        "scores": {way: scores(truth, y_pred, test) for way, y_pred in maps.items()},
        "crf_ms": round(1000 * cpu / len(images), 1),
        "parameters": sum(math.prod(variable.shape) for variable in network.trainable_variables),
    }


def scores(truth, y_pred, data):
    """All scores of label maps `(N, H, W)` over the data set; `None` for a class that is nowhere."""
    settings = {"num_classes": data.num_classes, "ignore_class": data.ignore_class}
    counted = confusion_matrix(truth, y_pred, **settings), *boundary_counts(truth, y_pred, **settings)
    found = Evaluation(*counted, image_mean_iou=[], ms_per_image=0.0, parameters=0)
    values = dict(zip(METRICS, (found.mean_iou, found.mean_boundary_iou, found.pixel_accuracy), strict=True))
    values |= {f"IoU {name}": value for name, value in zip(data.classes, found.iou, strict=True)}
    return {key: None if math.isnan(value) else round(float(value), 4) for key, value in values.items()}


def ways_of(model_name):
    """The names of a network's two rows in the table."""
    return model_name, f"{model_name} + CRF"


def runs_of(folder, name, model_name):
    """Files of one network on one data set, one per seed."""
    return sorted(folder.glob(f"{name}-{slug(model_name)}-[0-9].json"))


def summary(folder=RESULTS):
    """What is recorded, as `seglab.measured` gives it: two rows per network, the median over the seeds."""
    return [row for name in DATA for model_name in MODELS for row in rows_of(folder, name, model_name)]


def rows_of(folder, name, model_name):
    """The row of a network and the row of the network with a CRF, whose time is that of both."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in runs_of(folder, name, model_name)]
    times = folder / TIMES
    ms = json.loads(times.read_text(encoding="utf-8"))["ms"].get(model_name) if runs and times.is_file() else None
    rows = []
    for way in ways_of(model_name):
        main = [one["scores"][way]["mIoU"] for one in runs]
        row = {"data": name, "network": model_name, "method": way, "metric": "mIoU", "seeds": len(runs)}
        row |= {"median": median(main), "lowest": min(main, default=None), "highest": max(main, default=None)}
        row["scores"] = {key: median([one["scores"][way][key] for one in runs]) for key in METRICS if runs}
        row |= {"oracle": None, "ms": ms} | {key: median([one[key] for one in runs]) for key in FACTS}
        if way != model_name and ms is not None:
            row["ms"] = round(ms + median([one["crf_ms"] for one in runs]), 1)
        rows.append(row)
    return rows


def table(folder=RESULTS):
    """Print all that is recorded, best first; what stands in this repository is packed for the lessons."""
    rows = summary(folder)
    if folder == RESULTS and any(row["seeds"] for row in rows):
        pack(rows, PACKED, program="benchmarks/models.py")
    for name in DATA:
        known = [row for row in rows if row["data"] == name and row["seeds"]]
        if not known:
            continue
        pairs = list(zip(known[::2], known[1::2], strict=True))  # without and with the CRF
        print(f"\n{name}: {len(pairs)} of {len(MODELS)} networks\n{'':28}{HEADS}")
        for plain, crf in sorted(pairs, key=lambda pair: -pair[0]["median"]):
            line = f"{plain['method']:28}{plain['seeds']:5}"
            line += "".join(f"{plain[key]:8.3f}" for key in ("median", "lowest", "highest"))
            line += "".join(f"{plain['scores'][key]:10.3f}" for key in METRICS[1:])
            line += "".join(f"{crf['scores'][key]:10.3f}" for key in METRICS[:2])
            line += "".join(
                "not timed".rjust(10) if one["ms"] is None else f"{one['ms']:10.1f}" for one in (plain, crf)
            )
            print(line + "  " + ", ".join(f"{plain[key]:,.0f} {word}" for key, word in FACTS.items()))


def file_of(name, model_name, seed, options):
    """Where a run is recorded."""
    return options.results / f"{name}-{slug(model_name)}-{seed}.json"


def start(name, model_name, seed, options):
    """Make a run in a process of its own; return a line about it."""
    title = f"{name} {slug(model_name)} --seed {seed}"
    if time.monotonic() > options.end:
        return f"{title} waits for another call"
    command = [sys.executable, __file__, *title.split(), "--here", "--budget", str(options.budget)]
    command += ["--results", str(options.results), *(["--images", str(options.images)] if options.images else [])]
    complaint = run_apart(command, {**ONE_THREAD, **os.environ})
    return f"{title} failed: {complaint}" if complaint else f"{title} done"


def start_all(todo, options):
    """Make the runs, some at a time; return how many failed."""
    failed = 0
    pool = ThreadPoolExecutor(options.jobs)
    try:
        for seed in SEEDS:  # all of one seed before the next: that one takes its number of steps from them
            tasks = [task for task in todo if task[2] == seed]
            for line in pool.map(lambda task: start(*task, options), tasks):
                print(line, flush=True)
                failed += "failed" in line
    finally:
        pool.shutdown(cancel_futures=True)
    return failed


def asked(words, seed):
    """The runs that the words and the seed select: (data, network, seed)."""
    networks = {slug(model_name): model_name for model_name in MODELS}
    for word in words:
        if word not in DATA and word not in networks:
            raise InputError(f"{word!r} is no data set or network. Known are {', '.join((*DATA, *networks))}.")
    names = [word for word in words if word in DATA] or DATA
    chosen = [networks[word] for word in words if word in networks] or MODELS
    return [(name, one, number) for name in names for one in chosen for number in DATA[name] if seed in (None, number)]


def main(arguments=None):
    """Make the runs that are asked for and not recorded yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help=f"{', '.join(DATA)}, or networks such as u-net and deeplab-v3+")
    parser.add_argument("--seed", type=int, choices=SEEDS, help="this seed only")
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no further run after this time")
    parser.add_argument("--table", action="store_true", help="train nothing")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each (default: 2)")
    parser.add_argument("--here", action="store_true", help="one run, in this process")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    parser.add_argument("--budget", type=float, default=BUDGET, help="CPU seconds, to try the program")
    parser.add_argument("--images", type=int, help="use so many images only, to try the program")
    options = parser.parse_args(arguments)
    if (options.budget, options.images) != (BUDGET, None) and options.results == RESULTS:
        raise InputError("--budget and --images only try the program, so --results must name another folder.")
    todo = [task for task in asked(options.only, options.seed) if not file_of(*task, options).exists()]
    options.end = time.monotonic() + 60 * options.minutes
    failed = 0
    if options.table or "SEGLAB_DATA_DIR" not in os.environ:
        print("nothing is trained" + ("" if options.table else ": SEGLAB_DATA_DIR is not set"))
    elif options.here:
        for task in todo:
            recorded(file_of(*task, options), lambda task=task: run(*task, options))
        return 0
    else:
        failed = start_all(todo, options)
    table(options.results)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except InputError as error:
        raise SystemExit(f"models.py: {error}") from error
