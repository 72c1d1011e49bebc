"""How fast is the dense CRF, and how far is it from the exact one?

    python benchmarks/crf.py [--repeats 5]

One table; times are CPU seconds of one core, medians over the repeats. `bar` says what a value must keep.

- full size: 512x512 pixels, 21 classes, 5 iterations, from probabilities to probabilities. A photograph and, as the
  worst case, colors that are noise: no two pixels are alike then.
- all pairs: 64x64 pixels, 5 classes; what the fast sums save already there.
- error: 32x32 pixels, 5 classes under noise that makes the CRF change a third of the labels, six cases of three
  pictures and two bandwidths. Small images get finer lattices than large ones, so the coarse ones are measured too.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy comes

import argparse
import time

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import data

from seglab.crf import dense_crf

SIZE, CLASSES = 512, 21


def noisy_probs(image, num_classes, rng):
    """Probabilities of classes by color, blurred, under noise."""
    centers = image.reshape(-1, 3)[rng.choice(image.shape[0] * image.shape[1], num_classes, False)]
    labels = ((image[..., None, :] - centers) ** 2).sum(axis=-1).argmin(axis=-1)
    logits = gaussian_filter(3.6 * np.eye(num_classes, dtype=np.float32)[labels], (1.5, 1.5, 0))
    exponentials = np.exp(logits + 1.5 * rng.standard_normal(logits.shape, np.float32))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def seconds(repeats, function):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return float(np.median(times))


def print_row(question, method, value, unit, bar=None):
    verdict = "" if bar is None else f"<= {bar:g}  {'within' if value <= bar else 'MISSED'}"
    print(f"{question:12}{method:58}{value:10.4f} {unit:6} {verdict}")


def full_size(image, repeats, rng):
    noise = rng.random(image.shape, np.float32)
    probs = noisy_probs(image, CLASSES, rng)
    print_row("full size", "seglab, photograph", seconds(repeats, lambda: dense_crf(probs, image)), "s", 3)
    print_row(
        "full size", "seglab, one lattice", seconds(repeats, lambda: dense_crf(probs, image, fineness=(1, 1))), "s"
    )
    print_row("full size", "seglab, colors are noise", seconds(repeats, lambda: dense_crf(probs, noise)), "s", 3)


def all_pairs(image, repeats, rng):
    image = np.ascontiguousarray(image[80:144, 180:244])
    probs = noisy_probs(image, 5, rng)
    for name, exact in (("seglab, exact=True", True), ("seglab", False)):
        print_row(
            "all pairs", name, seconds(repeats, lambda exact=exact: dense_crf(probs, image, exact=exact)) * 1e3, "ms"
        )


def error(image, rng):
    small = image.reshape(32, 16, 32, 16, 3).mean(axis=(1, 3))
    found = {"as fine as here": [], "as coarse as at full size": []}
    changes = []
    for picture in (image[90:122, 200:232], image[300:332, 100:132], small):
        for theta_alpha in (8, 80):
            probs = noisy_probs(picture, 5, rng)
            wanted = dense_crf(probs, picture, theta_alpha=theta_alpha, exact=True)
            changes.append((wanted.argmax(axis=-1) != probs.argmax(axis=-1)).mean() * 100)
            for name, fineness in zip(found, (None, (2, 1)), strict=True):
                refined = dense_crf(probs, picture, theta_alpha=theta_alpha, fineness=fineness)
                others = (refined.argmax(axis=-1) != wanted.argmax(axis=-1)).mean() * 100
                found[name].append((np.abs(refined - wanted).mean(), others))
    for name, errors in found.items():
        bars = (5e-3, 1) if name == "as fine as here" else (None, None)
        for i, (what, unit) in enumerate((("mean |dQ|", ""), ("pixels of another class", "%"))):
            values = [pair[i] for pair in errors]
            print_row("error", f"{name}: {what}, worst", max(values), unit, bars[i])
            print_row("error", f"{name}: {what}, mean", np.mean(values), unit)
    print_row("error", "pixels that the exact CRF changes, least", min(changes), "%")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs of which the median counts (default 5)")
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    image = (data.astronaut() / 255).astype(np.float32)
    print(f"{'question':12}{'method':58}{'value':>10}        bar")
    full_size(image, repeats, rng)
    all_pairs(image, repeats, rng)
    error(image, rng)


if __name__ == "__main__":
    main()
