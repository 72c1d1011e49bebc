"""How many images per second does a training take on a GPU? The public recipes' networks and ours, on noise.

    KERAS_BACKEND=jax python benchmarks/gpu_rate.py   # any backend of Keras; TensorFlow is not needed for JAX
    ... --record seglab/measured/gpu_rate.json        # what lesson 6d shows beside its computed time

Lesson 6d computes how long our recipe takes on a T4 for the lecture's whole data set, at the rate of multiplications
that the lecture's network reached there. Small maps reach a lower rate: this measures how much lower.

Each network learns one batch of noise again and again with its recipe's loss, optimizer and batch, as Keras's `fit`
runs it: a step's copy to the GPU and the Python around it count, reading and augmenting pictures do not. The first of
the rounds compiles and does not count; the median of the others does. `ours, 128 in a batch` says what the small batch
costs. What is measured is recorded row by row: most of the time goes into compiling.
"""

import argparse
import dataclasses
import datetime
import itertools
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

import keras
import numpy as np
from time_to_iou_plans import PLANS

from seglab.about import installed_version
from seglab.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
PACKED = ROOT / "seglab" / "measured" / "gpu_rate.json"  # what the lesson reads
NETWORKS = {
    "lecture": PLANS["lecture"],
    "keras-docs": PLANS["keras-docs"],
    "ours": PLANS["good"],
    "ours, 128 in a batch": dataclasses.replace(PLANS["good"], batch=128),
}
POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")


def images_per_second(plan, *, steps, rounds):
    """Images per second of each round but the first."""
    model = plan.build(plan.size, 3)  # background, the object, its border
    model.compile(*plan.ingredients(steps * rounds))
    generator = np.random.default_rng(0)
    images = generator.random((plan.batch, plan.size, plan.size, 3), np.float32)
    labels = generator.integers(0, max(2, model.output_shape[-1]), images.shape[:3]).astype(np.int32)

    def stream():
        while True:
            yield images, labels

    marks = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: marks.append(time.perf_counter()))
    model.fit(stream(), steps_per_epoch=steps, epochs=rounds, callbacks=[clock], verbose=0)
    return [steps * plan.batch / (end - start) for start, end in itertools.pairwise(marks)]


def machine():
    """Name of the accelerator, and of the backend that found it."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        found = jax.devices()[0].device_kind
    elif name == "torch":
        import torch

        found = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"
    else:
        from seglab.training import device_name

        found = device_name()
    return f"{found}, Keras on {name}"


def row_of(name, policy, *, steps, rounds):
    """Measure one network at one precision; a row as `seglab.measured` gives it."""
    keras.mixed_precision.set_global_policy(policy)
    plan = NETWORKS[name]
    rates = images_per_second(plan, steps=steps, rounds=rounds)
    middle = statistics.median(rates)
    return {
        "data": "noise",
        "precision": policy,
        "method": name,
        "metric": "images/s",
        "seeds": 1,
        "median": round(middle, 1),
        "lowest": round(min(rates), 1),
        "highest": round(max(rates), 1),
        "scores": {"images/s": round(middle, 1)},
        "oracle": None,
        "size": plan.size,
        "batch": plan.batch,
    }


def main(arguments=None):
    """Measure all networks at all precisions, print them as they come, and record them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100, help="per round")
    parser.add_argument("--rounds", type=int, default=6, help="the first does not count")
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS), metavar="NETWORK")
    parser.add_argument("--policies", nargs="+", choices=POLICIES, default=POLICIES, metavar="POLICY")
    parser.add_argument("--record", type=Path, metavar="FILE", help=f"write it, as to {PACKED.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    if options.record and options.record.resolve() == PACKED and machine().lower().startswith("cpu"):
        raise InputError("there is no GPU here, and the lesson shows what one has reached: record to another file.")
    print(machine())
    print(f"{'network':24}{'precision':16}{'size':>6}{'batch':>7}{'images/s':>10}{'lowest':>9}{'highest':>9}")
    rows = []
    for policy, name in itertools.product(options.policies, options.only):
        rows.append(row := row_of(name, policy, steps=options.steps, rounds=options.rounds))
        print(
            f"{name:24}{policy:16}{row['size']:6}{row['batch']:7}"
            f"{row['median']:10.0f}{row['lowest']:9.0f}{row['highest']:9.0f}",
            flush=True,
        )
        if options.record:
            record(rows, options.record)


def record(rows, path):
    """Write the rows and their conditions; `instances.pack` does it for the others, and needs TensorFlow."""
    packages = ("keras", keras.backend.backend(), "numpy")
    conditions = {
        "program": "benchmarks/gpu_rate.py",
        "date": str(datetime.date.today()),
        "machine": machine(),
        "versions": {name: installed_version(name) for name in packages},
    }
    path.write_text(json.dumps({"conditions": conditions, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"gpu_rate.py: {error}") from error
