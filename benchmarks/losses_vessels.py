"""What does a loss do to a rare class? Six losses, the same network, vessels drawn by code and vessels of the eye.

Every loss trains the same small U-Net from the same weights on the same crops of 64 x 64 pixels. The score is on whole
pictures, over the pixels of all of them: recall, precision and Dice of the vessel class at the threshold 0.5, and the
best Dice of any threshold: losses that balance the classes move the threshold more than they move the curve.

- drawn: `seglab.datasets.vessels`, 96 pictures to learn from, 48 to score.
- chase_db1: $SEGLAB_DATA_DIR/chase_db1, observer 1, the 20 pictures of train.txt and the 8 of test.txt, at 320 x
  320 pixels. Left out where the folder is missing.

Numbers go to benchmarks/results/losses_vessels.json, by data set and seed.

    python benchmarks/losses_vessels.py [--sets drawn chase_db1] [--seeds 0 1] [--steps 150]
"""

import argparse
import json
import os
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from seglab.balancing import inverse_frequency_weights
from seglab.datasets import load
from seglab.losses import cross_entropy, cross_entropy_dice, dice_loss, focal_loss, tversky_loss
from seglab.models import unet

RESULTS = Path(__file__).parent / "results" / "losses_vessels.json"
CROP, BATCH = 64, 16
THRESHOLDS = np.arange(0.02, 0.99, 0.02)


def losses(label_maps):
    """The losses to compare, by name."""
    weights = inverse_frequency_weights(label_maps, 2).tolist()
    return {
        "CE": cross_entropy,
        "weighted CE": partial(cross_entropy, class_weights=weights),
        "focal": partial(focal_loss, gamma=2.0),
        "Dice": dice_loss,
        "CE + Dice": cross_entropy_dice,
        "Tversky": partial(tversky_loss, alpha=0.3, beta=0.7),
    }


def read(name, seed):
    """Images and labels to learn from and to score, or `None` where the set is missing."""
    if name == "drawn":
        options = [{"split": "train", "count": 96}, {"split": "test", "count": 48}]
        sets = [load("vessels", seed=seed, **each) for each in options]
    else:
        folder = Path(os.environ.get("SEGLAB_DATA_DIR", "")) / "chase_db1"
        if not (folder / "train.txt").exists():
            return None
        options = {"labels": "vessels_observer1", "kind": "semantic", "size": 320}
        sets = [load(f"folder:{folder}", split=split, **options) for split in ("train", "test")]
    return [
        tuple(np.stack(arrays) for arrays in zip(*(data[i] for i in range(len(data))), strict=True)) for data in sets
    ]


def crops(images, labels, count, seed):
    """Random windows, the same for every loss."""
    rng = np.random.default_rng(seed)
    height, width = labels.shape[1:]
    x, y = np.empty((count, CROP, CROP, 3), np.float32), np.empty((count, CROP, CROP), np.int32)
    for i in range(count):
        picture = rng.integers(len(images))
        top, left = rng.integers(height - CROP + 1), rng.integers(width - CROP + 1)
        window = picture, slice(top, top + CROP), slice(left, left + CROP)
        x[i], y[i] = images[window], labels[window]
    return x, y


def train(loss, x, y, seed):
    keras.utils.set_random_seed(seed)
    model = unet((None, None, 3), 1, base_filters=8, depth=3)
    schedule = keras.optimizers.schedules.CosineDecay(5e-3, len(x) // BATCH)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss)
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    return model


def scores(y_true, probs):
    """Recall, precision, Dice at 0.5; the best Dice and its threshold."""
    truth = y_true == 1

    def at(threshold):
        found = probs > threshold
        hits = (found & truth).sum()
        return hits / truth.sum(), hits / max(found.sum(), 1), 2 * hits / (found.sum() + truth.sum())

    best = max(THRESHOLDS, key=lambda threshold: at(threshold)[2])
    recall, precision, dice = at(0.5)
    return {
        "recall": recall, "precision": precision, "dice": dice, "best_dice": at(best)[2], "best_threshold": best,
        "accuracy": ((probs > 0.5) == truth).mean(),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=["drawn", "chase_db1"], choices=["drawn", "chase_db1"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--steps", type=int, default=150)
    arguments = parser.parse_args()

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print(f"{'set':10} seed {'loss':12} recall precision   Dice  best Dice at  accuracy  seconds")
    for name in arguments.sets:
        for seed in arguments.seeds:
            data = read(name, seed)
            if data is None:
                print(f"{name:10} left out: set SEGLAB_DATA_DIR to the folder that holds it.")
                break
            (images, labels), (test_images, test_labels) = data
            x, y = crops(images, labels, arguments.steps * BATCH, seed)
            rows = results[f"{name}, seed {seed}"] = {}
            for loss_name, loss in losses(labels).items():
                began = time.perf_counter()
                model = train(loss, x, y, seed)
                logits = np.concatenate([np.asarray(model(part)) for part in np.array_split(test_images, 8)])[..., 0]
                row = scores(test_labels, 1 / (1 + np.exp(-logits)))
                rows[loss_name] = {key: round(float(value), 4) for key, value in row.items()}
                print(
                    f"{name:10} {seed:4} {loss_name:12} {row['recall']:6.3f} {row['precision']:9.3f} {row['dice']:6.3f}"
                    f" {row['best_dice']:10.3f} {row['best_threshold']:.2f} {row['accuracy']:8.3f}"
                    f" {time.perf_counter() - began:8.1f}",
                    flush=True,
                )
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
