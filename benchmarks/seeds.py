"""Does the order FCN-32s < FCN-16s < FCN-8s < U-Net hold, whatever the seed?  (about 2 minutes per seed)

Usage: python benchmarks/seeds.py [SEED ...]   (default: 0 1)
"""

import sys
import tempfile

from seglab import demo, training

ORDER = ("FCN-32s", "FCN-16s", "FCN-8s", "U-Net")
MARGIN = 0.1  # by which U-Net is to be above FCN-8s in dataset mIoU


def main(seeds):
    """Print dataset mIoU by network and seed; return 1 if the order or the margin breaks for one of them."""
    scores = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as out:
            results = demo.compare("shapes", out, recipe=training.PROFILES["fast"], seed=seed, say=lambda line: None)
        scores[seed] = {row["name"]: row["mean_iou"] for row in results["models"]}
    print("dataset mIoU    " + "".join(f"{f'seed {seed}':>9}" for seed in seeds))
    for name in scores[seeds[0]]:
        print(f"{name:20}" + "".join(f"{scores[seed][name]:9.3f}" for seed in seeds))
    ordered = {seed: holds(scores[seed]) for seed in seeds}
    print("holds               " + "".join(f"{'yes' if ordered[seed] else 'NO':>9}" for seed in seeds))
    return 0 if all(ordered.values()) else 1


def holds(scores):
    """Whether the networks are in order, and U-Net is far enough ahead."""
    ranked = [scores[name] for name in ORDER]
    return ranked == sorted(ranked) and scores["U-Net"] >= scores["FCN-8s"] + MARGIN


if __name__ == "__main__":
    sys.exit(main([int(seed) for seed in sys.argv[1:]] or [0, 1]))
