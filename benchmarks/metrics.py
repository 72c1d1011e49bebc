"""How fast are the metrics? Each beside its peers in the same run.

    python benchmarks/metrics.py [--only pq ap] [--maps 100]

One table. `ratio` is a method's time over that of the first one of its block; `bar` says what the ratio must keep.
Methods take turns input by input, so that a busy machine disturbs all of them alike; times and ratios are medians over
the inputs. Peers that are not installed are left out.

- semantic: label maps of 512x512 pixels and 21 classes. The first method is one `np.bincount` per map on an int64
  index that somebody else has computed already: no validation, no index, no ignore label. `seglab` does all of that,
  and reads every semantic metric at the end. Bytes in regions, which is what data sets hold and `predict` returns, are
  meant to meet the bar. On random pixels nothing that ends in `np.bincount` can: its counters then never wait, and
  making the index takes half as long again. Wider integers pay for the memory they fill.
- memory: what `confusion_matrix` allocates.
- boundary: boundary IoU of such maps, all classes, beside OpenCV's erosion of each class in both maps.
- pq: panoptic quality of maps of 640x480 pixels with regions of 8 classes and 20 objects of 8 others, beside the
  published program's way: `np.unique` of the prediction and of the pairs, with counts, and a loop over them in a
  dictionary. It is given the areas of the true segments, as the published files hold them.
- ap: mask AP of 200 images of 640x480 pixels with 20 instances each, from RLE strings to the twelve numbers.
  pycocotools is given its dictionaries, with the areas of the true masks, as COCO's files hold them; its prints are
  silenced.
- keras: streaming metrics in a compiled step, batch of 16 64x64 images; 2 ms is 2 % of a step of 0.1 s.
"""

import argparse
import contextlib
import functools
import io
import os
import time
import tracemalloc
from importlib.util import find_spec

import numpy as np
from scipy.ndimage import gaussian_filter

from seglab import metrics, rle

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SIZE, CLASSES, IGNORE = 512, 21, 255
HEIGHT, WIDTH, OBJECTS = 480, 640, 20
PQ_IMAGES, AP_IMAGES, AP_TURNS = 50, 200, 3
SLOW_PEERS_MAPS, SLOW_PEERS_PANOPTIC_MAPS = 10, 5
READERS = (
    metrics.iou_per_class,
    metrics.dice_per_class,
    metrics.mean_iou,
    metrics.mean_dice,
    metrics.pixel_accuracy,
    metrics.mean_pixel_accuracy,
    metrics.frequency_weighted_iou,
)


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def take_turns(methods, inputs):
    """Seconds of each method on each input."""
    times = {name: [] for name in methods}
    for arguments in inputs:
        for name, function in methods.items():
            times[name].append(seconds(function, *arguments))
    return times


def print_row(metric, inputs, method, value, unit="ms", ratio=None, bar=None):
    kept = ratio is not None and bar is not None and (ratio <= bar[1] if bar[0] == "<=" else ratio >= bar[1])
    verdict = "" if bar is None else f"{bar[0]} {bar[1]:g}  {'within' if kept else 'MISSED'}"
    print(
        f"{metric:9}{inputs:16}{method:42}{value:10.3f} {unit:3}{'' if ratio is None else f'{ratio:8.2f}':8}  {verdict}"
    )


def print_block(metric, inputs, times, bars):
    """Rows of one block: `times` by method, the first one is the measure of the ratios."""
    base = np.array(next(iter(times.values())))
    for method, values in times.items():
        ratio = np.median(np.array(values) / base[: len(values)])
        print_row(metric, inputs, method, np.median(values) * 1e3, ratio=ratio, bar=bars.get(method))


@functools.cache  # says it once
def installed(*names):
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        print(f"{', '.join(missing)}: not installed, left out")
    return not missing


def random_maps(count, rng):
    """Every pixel drawn for itself: the friendliest case for the yardstick, and no image looks like it."""
    return rng.integers(0, CLASSES, (2, count, SIZE, SIZE), np.uint8)


def blob_maps(count, rng):
    """Regions as in real label maps; the prediction is the truth moved by (3, 2) pixels, with 2 % of noise."""
    y_true = np.empty((count, SIZE, SIZE), np.uint8)
    for labels in y_true:
        labels[:] = regions(CLASSES, SIZE, SIZE, rng)
    y_pred = np.roll(y_true, (3, 2), (1, 2))
    noise = rng.random(y_true.shape, np.float32) < 0.02
    y_pred[noise] = rng.integers(0, CLASSES, noise.sum(), np.uint8)
    return y_true, y_pred


def regions(classes, height, width, rng):
    fields = gaussian_filter(rng.standard_normal((classes, height // 8, width // 8)), (0, 4, 4))
    return fields.argmax(axis=0).repeat(8, 0).repeat(8, 1)


def ellipses(rng):
    """Masks of `OBJECTS` ellipses, and of the same moved by about 8 % of their size."""
    row, col = np.arange(HEIGHT)[:, None], np.arange(WIDTH)
    masks = np.zeros((2, OBJECTS, HEIGHT, WIDTH), bool)
    for i in range(OBJECTS):
        center, radii = rng.random(2) * (HEIGHT, WIDTH), np.exp(rng.uniform(np.log(8), np.log(120), 2))
        for mask in masks[:, i]:
            mask[:] = ((row - center[0]) / radii[0]) ** 2 + ((col - center[1]) / radii[1]) ** 2 <= 1
            center, radii = center + rng.normal(0, 0.08, 2) * radii, radii * rng.uniform(0.85, 1.15, 2)
    return masks


def index_and_bincount(y_true, y_pred):
    index = y_true.ravel().astype(np.uint16)
    index *= CLASSES
    index += y_pred.ravel().astype(np.uint16)
    return np.bincount(index, minlength=CLASSES**2)


def metrics_ignoring(y_true, y_pred):
    return metrics.confusion_matrix(y_true, y_pred, CLASSES, ignore_class=IGNORE)


def semantic_peers():
    """Name and function `(y_true, y_pred) -> None` of every peer that is installed."""
    found = {}
    if installed("sklearn"):
        from sklearn.metrics import confusion_matrix

        classes = np.arange(CLASSES)
        found["scikit-learn confusion_matrix"] = lambda t, p: confusion_matrix(t.ravel(), p.ravel(), labels=classes)
    if installed("keras", "tensorflow"):
        import keras

        keras_metric = keras.metrics.MeanIoU(CLASSES)
        found["keras.metrics.MeanIoU"] = lambda t, p: (keras_metric.update_state(t, p), keras_metric.result())
    if installed("torch", "torchmetrics"):
        import torch
        from torchmetrics.classification import MulticlassJaccardIndex

        torch_metric = MulticlassJaccardIndex(CLASSES)
        found["torchmetrics MulticlassJaccardIndex"] = lambda t, p: torch_metric(
            torch.from_numpy(p.astype(np.int64)), torch.from_numpy(t.astype(np.int64))
        )
    return found


def semantic(count, rng):
    others = semantic_peers()
    for kind, make in (("random", random_maps), ("blobs", blob_maps)):
        y_true, y_pred = make(count, rng)
        void = y_true.copy()
        void[:, : SIZE // 25] = IGNORE
        given = list(y_true.reshape(count, -1) * np.int64(CLASSES) + y_pred.reshape(count, -1))
        for dtype in (np.uint8, np.int32, np.int64):
            maps = [[stack[i].astype(dtype) for stack in (y_true, y_pred, void)] for i in range(count)]
            methods = {
                "one np.bincount, index given": lambda i, t, p, v: np.bincount(i, None, CLASSES**2),
                "index built and np.bincount, no checks": lambda i, t, p, v: index_and_bincount(t, p),
                "seglab": lambda i, t, p, v: metrics.confusion_matrix(t, p, CLASSES),
                "seglab, 4 % of the pixels ignored": lambda i, t, p, v: metrics_ignoring(v, p),
            }
            times = take_turns(methods, [(index, *three) for index, three in zip(given, maps, strict=True)])
            confusion = metrics.confusion_matrix(y_true, y_pred, CLASSES)
            reading = sum(seconds(read, confusion) for read in READERS) / count  # once per data set
            bars = {name: ("<=", 1.2) for name in times if name.startswith("seglab")}
            times = {name: np.add(values, reading * (name in bars)) for name, values in times.items()}
            times |= take_turns(others, [pair[:2] for pair in maps[:SLOW_PEERS_MAPS]])
            print_block("semantic", f"{kind} {np.dtype(dtype).name}", times, bars)


def memory(rng):
    for count in (1, 10, 50):
        y_true, y_pred = random_maps(count, rng)
        tracemalloc.start()
        metrics.confusion_matrix(y_true, y_pred, CLASSES, ignore_class=IGNORE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print_row("memory", f"{count} at once", "seglab, peak", peak / 1e6, "MB")


def boundary(count, rng):
    distance = metrics.boundary_distance(SIZE, SIZE)
    methods = {"seglab boundary_iou": lambda t, p: metrics.boundary_iou(t, p, CLASSES)}
    if installed("cv2"):
        import cv2

        kernel = np.ones((3, 3), np.uint8)

        def band(mask):
            padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
            return mask - cv2.erode(padded, kernel, iterations=distance)[1:-1, 1:-1]

        def erode_each_class(t, p):
            for k in range(CLASSES):
                truth, prediction = band(t == k), band(p == k)
                np.count_nonzero(truth & prediction), np.count_nonzero(truth | prediction)

        methods["OpenCV, one erosion per class and map"] = erode_each_class
    times = take_turns(methods, zip(*blob_maps(count, rng), strict=True))
    print_block("boundary", f"{count} maps", times, dict.fromkeys(list(methods)[1:], (">=", 2)))


def panoptic_maps(rng):
    """Panoptic map of regions of classes 0 to 7 under objects of classes 8 to 15, and its prediction."""
    background = regions(8, HEIGHT, WIDTH, rng) * 1000
    classes = rng.integers(8, 16, OBJECTS)
    maps = []
    for shift, masks in enumerate(ellipses(rng)):
        ids = np.roll(background, (3 * shift, 2 * shift), (0, 1)).astype(np.int32)
        for i, mask in enumerate(masks):
            ids[mask] = classes[i] * 1000 + i + 1
        maps.append(ids)
    return maps


def uniques_and_loop(true_areas, y_pred, y_true, totals):
    """Add `[sum of IoU, TP, FP, FN]` per class of one image, as the published program does; no void, no crowd."""
    offset = 1 << 20
    pred_areas = dict(zip(*(found.tolist() for found in np.unique(y_pred, return_counts=True)), strict=True))
    pairs = np.unique(y_true.astype(np.int64) * offset + y_pred, return_counts=True)
    found = set()
    for pair, shared in zip(*(values.tolist() for values in pairs), strict=True):
        truth, prediction = divmod(pair, offset)
        if truth // 1000 != prediction // 1000:
            continue
        overlap = shared / (true_areas[truth] + pred_areas[prediction] - shared)
        if overlap > 0.5:
            totals[truth // 1000] += overlap, 1, 0, 0
            found |= {truth, -1 - prediction}
    for prediction in pred_areas:
        totals[prediction // 1000, 2] += -1 - prediction not in found
    for truth in true_areas:
        totals[truth // 1000, 3] += truth not in found


def pq(rng):
    maps = [panoptic_maps(rng) for _ in range(PQ_IMAGES)]
    areas = [dict(zip(*(a.tolist() for a in np.unique(t, return_counts=True)), strict=True)) for t, _ in maps]
    totals, counts = np.zeros((16, 4)), []
    methods = {
        "seglab panoptic_counts": lambda t, p, a: counts.append(metrics.panoptic_counts(t, p, 16)),
        "two np.unique per image and one dict loop": lambda t, p, a: uniques_and_loop(a, p, t, totals),
    }
    bars = {"two np.unique per image and one dict loop": (">=", 2), "torchmetrics PanopticQuality": (">=", 3)}
    inputs = [(*pair, mine) for pair, mine in zip(maps, areas, strict=True)]
    times = take_turns(methods, inputs)
    agree(
        metrics.panoptic_quality(sum(counts)).pq, (totals[:, 0] / (totals[:, 1] + totals[:, 2:].sum(axis=1) / 2)).mean()
    )
    if installed("torch", "torchmetrics"):
        import torch
        from torchmetrics.detection import PanopticQuality

        metric = PanopticQuality(set(range(8, 16)), set(range(8)))

        def update(t, p, a):
            stacked = [torch.from_numpy(np.stack(np.divmod(ids, 1000), axis=-1)[None]) for ids in (p, t)]
            metric.update(*stacked)

        times["torchmetrics PanopticQuality"] = take_turns({"": update}, inputs[:SLOW_PEERS_PANOPTIC_MAPS])[""]
        agree(metrics.panoptic_quality(sum(counts[:SLOW_PEERS_PANOPTIC_MAPS])).pq, float(metric.compute()))
    print_block("pq", f"{PQ_IMAGES} images", times, bars)


def agree(ours, theirs):
    if abs(ours - theirs) > 1e-6:
        raise SystemExit(f"The results differ: seglab {ours}, peer {theirs}")


def coco_dictionaries(y_true, y_pred, areas, num_classes):
    """The data set and the results as COCO's files hold them; pycocotools writes into both."""
    annotations, results = [], []
    for image, (truth, prediction) in enumerate(zip(y_true, y_pred, strict=True)):
        for i, mask in enumerate(truth["masks"]):
            places = {"id": len(annotations) + 1, "image_id": image, "category_id": int(truth["classes"][i])}
            flags = {"iscrowd": int(truth["crowd"][i]), "area": float(areas[len(annotations)])}
            annotations.append({**places, **flags, "segmentation": dict(mask)})
        for mask, k, score in zip(*(prediction[key] for key in ("masks", "classes", "scores")), strict=True):
            entry = {"image_id": image, "category_id": int(k), "score": float(score), "segmentation": dict(mask)}
            results.append(entry)
    images = [{"id": image, "height": HEIGHT, "width": WIDTH} for image in range(len(y_true))]
    return {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": k} for k in range(num_classes)],
    }, results


def seglab_ap(found, y_true, y_pred, dataset, results):
    found["seglab"] = metrics.mask_ap(y_true, y_pred).ap


def pycocotools_ap(found, y_true, y_pred, dataset, results):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    found["pycocotools"] = evaluation.stats[0]


def ap(rng):
    masks = [[rle.encode(stack) for stack in ellipses(rng)] for _ in range(AP_IMAGES)]
    areas = np.concatenate([rle.area(truth) for truth, _ in masks])
    for num_classes in (1, 10):
        y_true, y_pred = [], []
        for truth, prediction in masks:
            classes, scores = rng.integers(0, num_classes, OBJECTS), rng.random(OBJECTS)
            y_true.append({"masks": truth, "classes": classes, "crowd": rng.random(OBJECTS) < 0.05})
            y_pred.append({"masks": prediction, "classes": classes, "scores": scores})
        methods = {"seglab mask_ap": seglab_ap}
        if installed("pycocotools"):
            methods["pycocotools, COCO to summarize"] = pycocotools_ap
        found = {}
        inputs = (
            (found, y_true, y_pred, *coco_dictionaries(y_true, y_pred, areas, num_classes)) for _ in range(AP_TURNS)
        )
        label = f"{num_classes} {'class' if num_classes == 1 else 'classes'}"
        print_block("ap", label, take_turns(methods, inputs), dict.fromkeys(list(methods)[1:], (">=", 2)))
        agree(found["seglab"], found.get("pycocotools", found["seglab"]))


def keras(rng):
    if not installed("keras", "tensorflow"):
        return
    import keras
    import tensorflow as tf

    from seglab.metrics.keras_metrics import DatasetMeanDice, DatasetMeanIoU, DatasetPixelAccuracy

    for classes in (2, 4, 12, 21):
        labels = tf.constant(rng.integers(0, classes, (16, 64, 64)), tf.int32)
        logits = tf.constant(rng.standard_normal((16, 64, 64, classes)), tf.float32)
        three = [
            metric(classes, ignore_class=IGNORE) for metric in (DatasetMeanIoU, DatasetMeanDice, DatasetPixelAccuracy)
        ]
        peer = keras.metrics.MeanIoU(classes, ignore_class=IGNORE, sparse_y_pred=False)
        methods = {}
        for name, used in (("seglab, one", three[:1]), ("seglab, all three", three), ("keras MeanIoU", [peer])):

            @tf.function
            def step(labels, logits, used=used):
                for metric in used:
                    metric.update_state(labels, logits)
                return [metric.result() for metric in used]

            step(labels, logits)
            methods[name] = step
        print_block("keras", f"{classes} classes", take_turns(methods, [(labels, logits)] * 50), {})


def main():
    rng = np.random.default_rng(0)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", type=int, default=100, help="label maps per kind (default 100)")
    parts = {
        "semantic": lambda count: semantic(count, rng),
        "memory": lambda count: memory(rng),
        "boundary": lambda count: boundary(count, rng),
        "pq": lambda count: pq(rng),
        "ap": lambda count: ap(rng),
        "keras": lambda count: keras(rng),
    }
    parser.add_argument(
        "--only", nargs="+", choices=parts, default=list(parts), help="metrics to measure (default all)"
    )
    arguments = parser.parse_args()
    print(f"{'metric':9}{'inputs':16}{'method':42}{'time':>10}    {'ratio':>8}  bar")
    for name in arguments.only:
        parts[name](arguments.maps)


if __name__ == "__main__":
    main()
