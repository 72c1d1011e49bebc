"""CPU milliseconds per image of the networks of `models.py`. Run it on a quiet machine.

    python benchmarks/models_ms.py

What an image takes does not depend on a training, so the weights are random. One image of the pets' size with their two
classes, one thread, all networks in turn, several times. The median of each goes to `results/models/ms.json`, from
where `models.py --table` takes it.
"""

import json
import os
import sys
from pathlib import Path
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.update(dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"))
sys.path.insert(0, str(Path(__file__).parent))

import keras
import numpy as np
from models import MODELS, RECIPE, RESULTS, SIZE, TIMES

from seglab.instance_evaluation import milliseconds_per_image


def time_networks(networks=MODELS, size=SIZE, rounds=5):
    """Return the load of the machine before, and the milliseconds of each network."""
    load, images = round(os.getloadavg()[0], 1), np.random.default_rng(0).random((8, size, size, 3), np.float32)
    calls = {}
    for name, build in networks.items():
        model = build((size, size, 3), 2, base_filters=RECIPE.base_filters)
        calls[name] = keras.Model(model.input, model.outputs[0]).predict_on_batch  # without what only training needs
    times = [{name: milliseconds_per_image(call, images) for name, call in calls.items()} for _ in range(rounds)]
    return {"load": load, "ms": {name: round(median(one[name] for one in times), 1) for name in networks}}


if __name__ == "__main__":
    found = time_networks()
    RESULTS.joinpath(TIMES).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"load {found['load']}", *(f"{ms:7.1f} ms  {name}" for name, ms in found["ms"].items()), sep="\n")
