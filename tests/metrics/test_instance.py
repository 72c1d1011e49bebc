"""Mask AP: by hand, against a slow loop, and against pycocotools."""

import contextlib
import io

import numpy as np
import pytest

from seglab import rle
from seglab.errors import InputError
from seglab.metrics import mask_ap

# pycocotools' order of its twelve numbers.
NUMBERS = (
    *("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"),
    *("ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large"),
)


def blobs(rng, count, height, width):
    """Ellipses of all sizes, some cut by the border, as bool `(count, H, W)`."""
    row, col = np.arange(height)[:, None], np.arange(width)
    masks = np.zeros((count, height, width), bool)
    for mask in masks:
        center = rng.random(2) * (height, width)
        radii = np.exp(rng.uniform(np.log(2), np.log(height / 2), 2))
        mask[:] = ((row - center[0]) / radii[0]) ** 2 + ((col - center[1]) / radii[1]) ** 2 <= 1
    return masks


def moved(rng, mask):
    """A prediction of the mask: moved, eroded by a stripe, or as it is."""
    mask = np.roll(mask, rng.integers(-3, 4, 2), (0, 1))
    if rng.random() < 0.3:
        mask[:: rng.integers(2, 9)] = False
    return mask


def data_set(rng, num_images, num_instances, num_classes, height, width):
    """Truth with crowds and predictions with doubles, misses, wrong classes, equal scores and empty images."""
    y_true, y_pred = [], []
    for _ in range(num_images):
        masks = blobs(rng, rng.integers(0, num_instances + 1), height, width)
        if len(masks) > 2 and rng.random() < 0.2:
            masks[1] = masks[0]  # of equal overlap with everything
        classes = rng.integers(0, num_classes, len(masks))
        found = np.flatnonzero(rng.random(len(masks)) < 0.8)
        found = np.concatenate([found, found[rng.random(len(found)) < 0.3]])
        false_alarms = blobs(rng, rng.integers(0, 3), height, width)
        predicted = np.concatenate([[moved(rng, masks[i]) for i in found], false_alarms]) if len(found) else false_alarms
        pred_classes = np.concatenate([classes[found], rng.integers(0, num_classes, len(false_alarms))])
        wrong = rng.random(len(predicted)) < 0.1
        pred_classes[wrong] = rng.integers(0, num_classes, wrong.sum())
        order = rng.permutation(len(predicted))
        y_true.append({"masks": masks, "classes": classes, "crowd": rng.random(len(masks)) < 0.15})
        scores = rng.integers(0, 20, len(predicted)) / 20
        y_pred.append({"masks": predicted[order], "classes": pred_classes[order], "scores": scores})
    return y_true, y_pred


def encoded(images):
    return [{**image, "masks": rle.encode(image["masks"])} for image in images]


def coco_eval(y_true, y_pred, num_classes):
    """The same by pycocotools; `y_true` and `y_pred` with encoded masks."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    annotations, results = [], []
    for i, (truth, prediction) in enumerate(zip(y_true, y_pred, strict=True)):
        areas = truth.get("areas", rle.area(truth["masks"]))
        crowd = truth.get("crowd", np.zeros(len(areas), bool))
        for mask, k, is_crowd, area in zip(truth["masks"], truth["classes"], crowd, areas, strict=True):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": i, "category_id": int(k), "segmentation": dict(mask)}
                | {"iscrowd": int(is_crowd), "area": float(area)}
            )
        for mask, k, score in zip(prediction["masks"], prediction["classes"], prediction["scores"], strict=True):
            results.append({"image_id": i, "category_id": int(k), "segmentation": dict(mask), "score": float(score)})
    images = [{"id": i, "height": 1, "width": 1} for i in range(len(y_true))]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": k} for k in range(num_classes)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def assert_equal_to_pycocotools(y_true, y_pred, num_classes):
    result = mask_ap(y_true, y_pred, num_classes=num_classes)
    expected = coco_eval(y_true, y_pred, num_classes)

    def absent_as_nan(values):
        return np.where(np.asarray(values) == -1, np.nan, values)

    numbers = [getattr(result, name) for name in NUMBERS]
    np.testing.assert_allclose(numbers, absent_as_nan(expected.stats), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.precision, absent_as_nan(expected.eval["precision"][..., 2]), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.recall, absent_as_nan(expected.eval["recall"]), atol=1e-9, rtol=0)
    np.testing.assert_allclose(result.ap_per_class, result.precision[..., 0].mean(axis=(0, 1)))
    return result
