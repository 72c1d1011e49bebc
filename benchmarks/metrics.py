"""How fast are the metrics? Label maps of 512x512 pixels and 21 classes, beside peers in the same run.

    python benchmarks/metrics.py [--maps 100]

The yardstick is one `np.bincount` per map on an int64 index that somebody else has computed already: no validation, no
index, no ignore label. `seglab` does all of that within its time, and reads every semantic metric at the end. Methods
take turns map by map, so that a busy machine disturbs all of them alike; times and ratios are medians over the maps.

The bar is a ratio of 1.2. Bytes in regions, which is what data sets hold and `predict` returns, are meant to meet it.
On random pixels nothing that ends in `np.bincount` can: its counters then never wait, and making the index takes half
as long again. Wider integers pay for the memory they fill.
"""

import argparse
import os
import time
import tracemalloc

import numpy as np
from scipy.ndimage import gaussian_filter

from seglab import metrics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SIZE, CLASSES, IGNORE = 512, 21, 255
BAR = 1.2
SLOW_PEERS_MAPS = 10
READERS = (
    metrics.iou_per_class,
    metrics.dice_per_class,
    metrics.mean_iou,
    metrics.mean_dice,
    metrics.pixel_accuracy,
    metrics.mean_pixel_accuracy,
    metrics.frequency_weighted_iou,
)


def random_maps(count, rng):
    """Every pixel drawn for itself: the friendliest case for the yardstick, and no image looks like it."""
    return rng.integers(0, CLASSES, (2, count, SIZE, SIZE), np.uint8)


def blob_maps(count, rng):
    """Regions as in real label maps; the prediction is the truth moved by (3, 2) pixels, with 2 % of noise."""
    y_true = np.empty((count, SIZE, SIZE), np.uint8)
    for labels in y_true:
        fields = gaussian_filter(rng.standard_normal((CLASSES, SIZE // 8, SIZE // 8)), (0, 4, 4))
        labels[:] = fields.argmax(axis=0).repeat(8, 0).repeat(8, 1)
    y_pred = np.roll(y_true, (3, 2), (1, 2))
    noise = rng.random(y_true.shape, np.float32) < 0.02
    y_pred[noise] = rng.integers(0, CLASSES, noise.sum(), np.uint8)
    return y_true, y_pred


def index_and_bincount(y_true, y_pred):
    index = y_true.ravel().astype(np.uint16)
    index *= CLASSES
    index += y_pred.ravel().astype(np.uint16)
    return np.bincount(index, minlength=CLASSES**2)


def metrics_ignoring(y_true, y_pred):
    return metrics.confusion_matrix(y_true, y_pred, CLASSES, ignore_class=IGNORE)


def peers():
    """Name and function `(y_true, y_pred) -> None` of every peer that is installed."""
    found = {}
    try:
        from sklearn.metrics import confusion_matrix

        classes = np.arange(CLASSES)
        found["scikit-learn confusion_matrix"] = lambda t, p: confusion_matrix(t.ravel(), p.ravel(), labels=classes)
    except ImportError:
        print("scikit-learn is not installed: left out")
    try:
        import keras

        keras_metric = keras.metrics.MeanIoU(CLASSES)
        found["keras.metrics.MeanIoU"] = lambda t, p: (keras_metric.update_state(t, p), keras_metric.result())
    except ImportError:
        print("Keras is not installed: left out")
    try:
        import torch
        from torchmetrics.classification import MulticlassJaccardIndex

        torch_metric = MulticlassJaccardIndex(CLASSES)
        found["torchmetrics MulticlassJaccardIndex"] = lambda t, p: torch_metric(
            torch.from_numpy(p.astype(np.int64)), torch.from_numpy(t.astype(np.int64))
        )
    except ImportError:
        print("torchmetrics is not installed: left out")
    return found


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def semantic_table(count, rng):
    print(f"\nAll semantic metrics of {count} maps, time of one map (bar: ratio {BAR})")
    print(f"{'maps':8}{'dtype':8}{'method':42}{'ms per map':>11}{'ratio':>8}")
    others = peers()
    for kind, make in (("random", random_maps), ("blobs", blob_maps)):
        y_true, y_pred = make(count, rng)
        void = y_true.copy()
        void[:, : SIZE // 25] = IGNORE
        given = list(y_true.reshape(count, -1) * np.int64(CLASSES) + y_pred.reshape(count, -1))
        for dtype in (np.uint8, np.int32, np.int64):
            maps = [[stack[i].astype(dtype) for stack in (y_true, y_pred, void)] for i in range(count)]
            yardstick, unchecked, ours, ignoring = [], [], [], []
            for index, (truth, prediction, with_void) in zip(given, maps, strict=True):
                yardstick.append(seconds(np.bincount, index, None, CLASSES**2))
                unchecked.append(seconds(index_and_bincount, truth, prediction))
                ours.append(seconds(metrics.confusion_matrix, truth, prediction, CLASSES))
                ignoring.append(seconds(metrics_ignoring, with_void, prediction))
            confusion = metrics.confusion_matrix(y_true, y_pred, CLASSES)
            reading = sum(seconds(read, confusion) for read in READERS) / count  # once per data set
            rows = [
                ("one np.bincount, index given", yardstick, ""),
                ("index built and np.bincount, no checks", unchecked, ""),
                ("seglab", np.add(ours, reading), "bar"),
                ("seglab, 4 % of the pixels ignored", np.add(ignoring, reading), "bar"),
            ]
            for name, function in others.items():
                rows.append((name, [seconds(function, *pair[:2]) for pair in maps[:SLOW_PEERS_MAPS]], ""))
            for name, times, bar in rows:
                ratio = np.median(np.array(times) / yardstick[: len(times)])
                verdict = "" if not bar else "  within" if ratio <= BAR else "  MISSED"
                label = f"{kind:8}{np.dtype(dtype).name:8}{name:42}"
                print(f"{label}{np.median(times) * 1e3:11.3f}{ratio:8.2f}{verdict}")


def memory_table(rng):
    print(f"\nWorking memory of confusion_matrix\n{'maps at once':>14}{'peak, MB':>10}")
    for count in (1, 10, 50):
        y_true, y_pred = random_maps(count, rng)
        tracemalloc.start()
        metrics.confusion_matrix(y_true, y_pred, CLASSES, ignore_class=IGNORE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{count:14}{peak / 1e6:10.2f}")


def boundary_table(count, rng):
    distance = metrics.boundary_distance(SIZE, SIZE)
    print(f"\nBoundary IoU of a map, all classes, distance {distance}\n{'method':46}{'ms per map':>11}{'ratio':>8}")
    y_true, y_pred = blob_maps(count, rng)
    methods = {"seglab boundary_iou": lambda t, p: metrics.boundary_iou(t, p, CLASSES)}
    try:
        import cv2

        kernel = np.ones((3, 3), np.uint8)

        def boundary(mask):
            padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
            return mask - cv2.erode(padded, kernel, iterations=distance)[1:-1, 1:-1]

        def erode_each_class(t, p):
            for k in range(CLASSES):
                truth, prediction = boundary(t == k), boundary(p == k)
                np.count_nonzero(truth & prediction), np.count_nonzero(truth | prediction)

        methods["one OpenCV erosion per class and map"] = erode_each_class
    except ImportError:
        print("OpenCV is not installed: left out")
    times = {name: [] for name in methods}
    for t, p in zip(y_true, y_pred, strict=True):
        for name, function in methods.items():
            times[name].append(seconds(function, t, p))
    base = np.median(times["seglab boundary_iou"])
    for name, values in times.items():
        print(f"{name:46}{np.median(values) * 1e3:11.3f}{np.median(values) / base:8.2f}")


def keras_table(rng):
    try:
        import keras
        import tensorflow as tf

        from seglab.metrics.keras_metrics import DatasetMeanDice, DatasetMeanIoU, DatasetPixelAccuracy
    except ImportError:
        print("\nTensorFlow is not installed: no table of the streaming metrics")
        return
    print("\nStreaming metrics in a compiled step, batch of 16 64x64 images (2 ms is 2 % of a step of 0.1 s)")
    print(f"{'classes':>8}  {'metrics':24}{'ms per step':>12}{'least':>8}")
    for classes in (2, 4, 12, 21):
        labels = tf.constant(rng.integers(0, classes, (16, 64, 64)), tf.int32)
        logits = tf.constant(rng.standard_normal((16, 64, 64, classes)), tf.float32)
        three = [
            metric(classes, ignore_class=IGNORE) for metric in (DatasetMeanIoU, DatasetMeanDice, DatasetPixelAccuracy)
        ]
        peer = keras.metrics.MeanIoU(classes, ignore_class=IGNORE, sparse_y_pred=False)
        for name, used in (("seglab, one", three[:1]), ("seglab, all three", three), ("keras MeanIoU", [peer])):

            @tf.function
            def step(labels, logits, used=used):
                for metric in used:
                    metric.update_state(labels, logits)
                return [metric.result() for metric in used]

            step(labels, logits)
            times = [seconds(step, labels, logits) * 1e3 for _ in range(50)]
            print(f"{classes:8}  {name:24}{np.median(times):12.2f}{min(times):8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", type=int, default=100, help="label maps per kind (default 100)")
    count = parser.parse_args().maps
    rng = np.random.default_rng(0)
    semantic_table(count, rng)
    memory_table(rng)
    boundary_table(min(count, 20), rng)
    keras_table(rng)


if __name__ == "__main__":
    main()
