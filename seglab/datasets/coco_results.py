"""COCO's result files: the objects that a network found, as COCO's own tools and other programs read them."""

import json
from pathlib import Path

import numpy as np

from seglab import rle
from seglab.boxes import mask_boxes
from seglab.errors import InputError


def write_coco_results(path, results, *, image_ids, category_ids):
    """Write found objects as a COCO result file: a JSON list with one entry per object.

    Args:
        path: JSON file to write.
        results: List of one dict per image: `masks` bool (n, H, W), `classes` int (n,), `scores` float (n,).
        image_ids: Of each image, its id in the annotation file.
        category_ids: Of each class, its id in the annotation file: `CocoFile.category_ids`.

    Raises:
        InputError: If the lists differ in length, a class has no id, or a mask is empty.

    Example:
        >>> import tempfile
        >>> found = {"masks": np.ones((1, 2, 3), bool), "classes": [0], "scores": [0.9]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_coco_results(f"{folder}/a.json", [found], image_ids=[7], category_ids=[3])
        ...     json.loads(Path(folder, "a.json").read_text())[0]["bbox"]
        [0.0, 0.0, 3.0, 2.0]
    """
    if len(image_ids) != len(results):
        raise InputError(f"image_ids must name each of the {len(results)} images, got {len(image_ids)}.")
    entries = []
    for image_id, found in zip(image_ids, results, strict=True):
        masks = np.asarray(found["masks"], bool)
        for mask, klass, score in zip(masks, found["classes"], found["scores"], strict=True):
            if not 0 <= klass < len(category_ids):
                raise InputError(f"classes of image {image_id} must lie in [0, {len(category_ids)}), got {klass}.")
            if not mask.any():
                raise InputError(f"masks of image {image_id} must have a pixel each, one has none. Leave it out.")
            top, left, bottom, right = mask_boxes(mask[None])[0].tolist()
            entry = {
                "image_id": int(image_id),
                "category_id": int(category_ids[klass]),
                "segmentation": rle.encode(mask),
                "bbox": [left, top, right - left, bottom - top],
                "score": float(score),
            }
            entries.append(entry)
    Path(path).write_text(json.dumps(entries), encoding="utf-8")
