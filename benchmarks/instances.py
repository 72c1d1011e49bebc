"""How well do networks find objects, beside a semantic U-Net and a rule that cuts its map?

    python benchmarks/instances.py                     # all runs, three seeds: hours; goes on where it stopped
    python benchmarks/instances.py cells solo --seed 0 # some of them
    python benchmarks/instances.py --table             # what has been recorded, packed into seglab/measured/ too

Each run trains from random weights for at most ten minutes on two cores, is measured on unseen images, and writes one
JSON file to benchmarks/results/instances/. The oracle of a rule is its score on true maps. A trained network can be a
little better: where it is unsure between two objects, it leaves a gap that helps the rule.
"""

import argparse
import datetime
import json
import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from seglab import measured
from seglab.about import installed_version
from seglab.datasets.instances import load_instances
from seglab.datasets.streets import STREETS, THINGS
from seglab.instance_evaluation import evaluate_instances, evaluate_panoptic, milliseconds_per_image, panoptic_truth
from seglab.models.mask_rcnn import AnchorLevel, mask_rcnn
from seglab.models.panoptic_fpn import merge, panoptic_fpn
from seglab.models.solo import Grid, solo
from seglab.models.yolact import yolact
from seglab.schedules import WarmUp
from seglab.training import device_name
from seglab.watershed_baseline import (
    RULES,
    cut_objects,
    watershed_loss,
    watershed_stream,
    watershed_targets,
    watershed_unet,
)

RESULTS = Path(__file__).parent / "results" / "instances"
PACKED = Path(measured.__file__).parent / "instances.json"  # what the lessons read
SEEDS = (0, 1, 2)
STUFF = tuple(index for index in range(len(STREETS)) if index not in THINGS)
TWO_SIZES = (AnchorLevel(1, (8, 14)), AnchorLevel(3, (26, 48)))
BUILD = {
    ("cells", "solo"): lambda shape: solo(shape, 1),
    ("cells", "yolact"): lambda shape: yolact(shape, 1),
    ("cells", "mask_rcnn"): lambda shape: mask_rcnn(shape, 1),
    ("cells", "unet"): lambda shape: watershed_unet(shape, 2),
    ("nuclei", "solo"): lambda shape: solo(shape, 1, grids=(Grid(32, 1, 0, 20), Grid(12, 3, 16))),
    ("nuclei", "yolact"): lambda shape: yolact(shape, 1, anchors=TWO_SIZES),
    ("nuclei", "mask_rcnn"): lambda shape: mask_rcnn(shape, 1, anchors=TWO_SIZES, regions=48),
    ("nuclei", "unet"): lambda shape: watershed_unet(shape, 2),
    ("streets", "panoptic_fpn"): lambda shape: panoptic_fpn(
        shape, len(THINGS), len(STUFF), anchors=(AnchorLevel(1, (10, 16)), AnchorLevel(2, (24,)))
    ),
    ("streets", "unet"): lambda shape: watershed_unet(shape, len(STREETS)),
}
# Steps and highest learning rate. The networks of one data set get about the same CPU time: 430 s on the cells, 1,000 s
# on the nuclei, 670 s on the streets, of the 1,200 s that ten minutes on two cores are. YOLACT's 2,900 steps
# on the nuclei were measured beside other work, hence more seconds; 2,500 took 1,000 to 1,060 s and gave the same AP.
STEPS = {
    ("cells", "solo"): (2500, 3e-3),
    ("cells", "yolact"): (2100, 3e-3),
    ("cells", "mask_rcnn"): (850, 2e-3),
    ("cells", "unet"): (2400, 4e-3),
    ("nuclei", "solo"): (3000, 3e-3),
    ("nuclei", "yolact"): (2900, 3e-3),
    ("nuclei", "mask_rcnn"): (1500, 2e-3),
    ("nuclei", "unet"): (3000, 4e-3),
    ("streets", "panoptic_fpn"): (900, 2e-3),
    ("streets", "unet"): (1700, 4e-3),
}


def open_split(name, split):
    """The data of a benchmark; the nuclei lie in $SEGLAB_DATA_DIR."""
    if name != "nuclei":
        return load_instances(name, split=split)
    folder = f"folder:{os.environ['SEGLAB_DATA_DIR']}/nuclei"
    return load_instances(folder, split=split, batch=8, kind_of_image="fluorescence")


def run(name, model_name, seed):
    """Train one network, measure it, and return what is to be recorded."""
    keras.utils.set_random_seed(seed)
    train, test = (open_split(name, split) for split in ("train", "test"))
    model = BUILD[name, model_name]((*train.size, 3))
    steps, rate = STEPS[name, model_name]
    schedule = WarmUp(keras.optimizers.schedules.CosineDecay(rate, steps - 50), 50)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-4, clipnorm=5.0)
    stream = train.training()
    if model_name == "unet":
        model.compile(optimizer, watershed_loss)
        stream = watershed_stream(stream)
    else:
        model.compile(optimizer)
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(stream, epochs=1, steps_per_epoch=steps, verbose=0)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    facts = {"steps": steps, "parameters": model.count_params(), "cpu_seconds": round(cpu), "seconds": round(wall)}
    measure = panoptic_scores if name == "streets" else instance_scores
    facts |= measure(model, model_name, test)
    return facts | {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def instance_scores(model, model_name, test):
    """AP of each way to objects, and milliseconds per image."""
    images = test.images()
    if model_name == "unet":
        maps = unet_maps(model, images)
        found = {rule: [cut_objects(rule, *one, things=[1]) for one in maps] for rule in RULES}
    else:
        found = {model_name: model.detect(images)}
    scores = {way: rounded(evaluate_instances(objects, test), ("AP", "AP50", "AP75")) for way, objects in found.items()}
    return {"scores": scores, "ms": milliseconds(model, model_name, images)}


def panoptic_scores(model, model_name, test):
    """PQ of each way to a panoptic map, and milliseconds per image."""
    images = test.images()
    if model_name == "unet":
        maps = unet_maps(model, images)
        found = {rule: [panoptic_of_maps(rule, *one) for one in maps] for rule in RULES}
    else:
        found = {model_name: [merge(one, things=THINGS, stuff=STUFF) for one in model.detect(images)]}
    return {"scores": pq_of(test, found), "ms": milliseconds(model, model_name, images)}


def pq_of(test, found):
    """PQ by way, from lists of panoptic maps."""
    truth = panoptic_truth(test, things=THINGS, stuff=STUFF)
    names = ("PQ", "PQ things", "PQ stuff", "SQ", "RQ")
    return {way: rounded(evaluate_panoptic(maps, truth, STREETS, things=THINGS), names) for way, maps in found.items()}


def rounded(scores, names):
    """Some of the scores, to four digits."""
    return {name: round(scores[name], 4) for name in names}


def panoptic_of_maps(rule, probs, depth, outline):
    """Stuff as the U-Net says, things cut by the rule; its classes are stuff first, then things."""
    things = range(len(STUFF), len(STREETS))
    objects = cut_objects(rule, probs, depth, outline, things=list(things))
    semantic = np.concatenate([probs[..., : len(STUFF)], probs[..., len(STUFF) :].sum(axis=-1, keepdims=True)], axis=-1)
    return merge({**objects, "semantic": semantic}, things=THINGS, stuff=STUFF, threshold=0.0)


def unet_maps(model, images):
    """Probabilities, depth and outline of each image."""
    logits = keras.ops.convert_to_numpy(model.predict(images, batch_size=16, verbose=0))
    probs = keras.ops.convert_to_numpy(keras.ops.softmax(logits[..., :-2]))
    depth, outline = (1 / (1 + np.exp(-logits[..., channel])) for channel in (-2, -1))
    return list(zip(probs, depth, outline, strict=True))


def milliseconds(model, model_name, images):
    """Milliseconds of an image, from pixels to objects."""

    def by_rule(image):
        cut_objects("boundary", *unet_maps(model, image)[0], things=[1])

    return round(milliseconds_per_image(by_rule if model_name == "unet" else model.detect, images), 1)


def oracles(name):
    """Each rule on the true maps."""
    test = open_split(name, "test")
    semantics = test.semantic() if name == "streets" else [None] * len(test)
    samples = zip(test.truth(), semantics, strict=True)
    maps = [watershed_targets(sample["masks"], sample["classes"], semantic) for sample, semantic in samples]
    classes = len(STREETS) if name == "streets" else 2
    maps = [(np.eye(classes)[one[..., 0].astype(int)], one[..., 1], one[..., 2]) for one in maps]
    if name == "streets":
        return pq_of(test, {rule: [panoptic_of_maps(rule, *one) for one in maps] for rule in RULES})
    found = {rule: [cut_objects(rule, *one, things=[1]) for one in maps] for rule in RULES}
    return {way: rounded(evaluate_instances(objects, test), ("AP", "AP50", "AP75")) for way, objects in found.items()}


def recorded(path, make):
    """What the file holds; made and written first if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(make(), indent=1, sort_keys=True) + "\n"
        path.with_suffix(".partial").write_text(text, encoding="utf-8")
        path.with_suffix(".partial").rename(path)
    return json.loads(path.read_text(encoding="utf-8"))


def run_apart(command, env):
    """Run a command in a process of its own; give the last line of its complaint, or `None` if all went well."""
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    return (done.stderr.strip() or "killed").splitlines()[-1] if done.returncode else None


def summary(folder=RESULTS):
    """What is recorded, as `seglab.measured` gives it: a row per way to objects, the median over the seeds."""
    return [row for name, model_name in BUILD for row in rows_of(folder, name, model_name)]


def rows_of(folder, name, model_name):
    """Rows of one network: one for each rule that cuts the maps of a U-Net."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{name}-{model_name}-*.json"))]
    file = folder / f"{name}-oracle.json"
    limits = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    metric = "PQ" if name == "streets" else "AP"
    rows = []
    for way in RULES if model_name == "unet" else (model_name,):
        found = [one["scores"][way] for one in runs]
        main = [scores[metric] for scores in found]
        row = {"data": name, "network": model_name, "method": way, "metric": metric, "seeds": len(runs)}
        row |= {"median": median(main), "lowest": min(main, default=None), "highest": max(main, default=None)}
        row["scores"] = {key: median([scores[key] for scores in found]) for key in (found[0] if found else ())}
        row["oracle"] = limits.get(way, {}).get(metric)
        row["steps"] = runs[0]["steps"] if runs else STEPS[name, model_name][0]
        rows.append(row | {key: median([one[key] for one in runs]) for key in FACTS})
    return rows


def median(values):
    """The median, to four digits; `None` of nothing."""
    return round(statistics.median(values), 4) if values else None


def pack(rows, path=PACKED, program="benchmarks/instances.py"):
    """Write the rows into the package, with the date and the versions, unless they are there already."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if known.get("rows") != rows:
        versions = {name: installed_version(name) for name in ("keras", "tensorflow", "numpy")}
        conditions = {"program": program, "date": datetime.date.today().isoformat()}
        conditions |= {"machine": device_name(), "versions": versions}
        text = json.dumps({"conditions": conditions, "rows": rows}, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")


def table():
    """Print all that is recorded, best first, and pack it for the lessons."""
    rows = summary()
    pack(rows)
    for name in dict.fromkeys(row["data"] for row in rows if row["seeds"]):
        best = sorted((row for row in rows if row["data"] == name and row["seeds"]), key=lambda row: -row["median"])
        metrics = list(best[0]["scores"])
        heads = "".join(f"{key:>10}" for key in metrics)
        print(f"\n{name}\n{'':20}seeds {heads}  oracle  (lowest, highest {best[0]['metric']})")
        for row in best:
            medians = "".join(f"{row['scores'][key]:10.3f}" for key in metrics)
            oracle = f"{row['oracle']:8.3f}" if row["oracle"] is not None else f"{'':8}"
            facts = ", ".join(f"{row[key]:,.0f} {word}" for key, word in FACTS.items())
            spread = f"({row['lowest']:.3f}, {row['highest']:.3f})"
            print(f"{row['method']:20}{row['seeds']:5} {medians}{oracle}  {spread}  {facts}")


FACTS = {"ms": "ms", "parameters": "weights", "memory_mb": "MB", "cpu_seconds": "CPU-s"}


def main():
    """Run what is asked for and not recorded yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="cells, nuclei, streets, solo, yolact, mask_rcnn, panoptic_fpn, unet")
    parser.add_argument("--seed", type=int, choices=SEEDS, help="this seed only")
    parser.add_argument("--table", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    for seed in () if arguments.table else SEEDS:
        for name, model_name in BUILD:
            asked = set(arguments.only) <= {name, model_name} and arguments.seed in (None, seed)
            if asked and (name != "nuclei" or "SEGLAB_DATA_DIR" in os.environ):
                recorded(RESULTS / f"{name}-oracle.json", lambda name=name: oracles(name))
                path = RESULTS / f"{name}-{model_name}-{seed}.json"
                recorded(path, lambda name=name, model_name=model_name, seed=seed: run(name, model_name, seed))
    table()


if __name__ == "__main__":
    main()
