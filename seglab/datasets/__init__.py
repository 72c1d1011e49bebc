"""Data sets: `load` gives one split of a synthetic set, of a folder of images, or of TensorFlow Datasets."""

import difflib

import numpy as np

from seglab.datasets import drawing, folder, satellite, synthetic, tfds, vessels
from seglab.datasets.pipeline import SegmentationData
from seglab.errors import InputError

__all__ = ["KNOWN", "SegmentationData", "load"]

KNOWN = {
    "shapes": "background, disc, rectangle, triangle; drawn from a seed, 320 / 96 / 96 images of 64x64",
    "cells": "background, cell; overlapping ellipses drawn from a seed, 320 / 96 / 96 images of 64x64",
    "vessels": "background, vessel; thin branching curves drawn from a seed, 320 / 96 / 96 images of 64x64",
    "satellite": "land, built, water; buildings, roads and ships are rare; drawn, 320 / 96 / 96 images of 64x64",
    "folder:PATH": "images with label files: labels/, instances/, trimaps/ or SegmentationClass/",
    "tfds:NAME": "sets of TensorFlow Datasets with image and segmentation_mask, such as oxford_iiit_pet",
}

_COUNTS = {"train": 320, "val": 96, "test": 96}
_SYNTHETIC = {
    "shapes": (synthetic.draw_shapes, synthetic.SHAPES),
    "cells": (synthetic.draw_cells, synthetic.CELLS),
    "vessels": (vessels.draw_vessels, vessels.VESSELS),
    "satellite": (satellite.draw_satellite, satellite.SATELLITE),
}
_FROM_OUTSIDE = {"folder": "folder:PATH", "tfds": "tfds:NAME"}


def load(
    spec,
    *,
    split="train",
    size=None,
    batch=16,
    seed=0,
    count=None,
    labels=None,
    kind=None,
    ignore=None,
    border="ignore",
):
    """Load one split of a data set.

    Known data sets: `"shapes"` (background, disc, rectangle, triangle), `"cells"` (background, cell), `"vessels"`
    (background, vessel), `"satellite"` (land, built, water), `"folder:PATH"`, a folder of images and label files as
    `seglab.datasets.folder` describes it, and `"tfds:NAME"`, such as `"tfds:oxford_iiit_pet"`, which is downloaded if
    it is not there, see `seglab.datasets.tfds`.

    Args:
        spec: Name of the data set.
        split: `"train"`, `"val"` or `"test"`. What a folder or a set does not list is cut from its training images by
            `seed`.
        size: `(height, width)` or one integer for both; `None` means 64 for synthetic images and 128 for others.
            Images of another size are resized, bilinear, labels nearest, without keeping the aspect.
        batch: Images per batch.
        seed: Non-negative integer; the same seed gives the same data on every machine.
        count: Use only this many images. `None` means all there are, and 320 / 96 / 96 synthetic ones.
        labels: Folder of the label files inside PATH; `None` takes the one whose name is known.
        kind: `"semantic"`, `"instances"`, `"trimap"` or `"palette"`; `None` takes it from the name of the label folder
            or set.
        ignore: Value in the label files whose pixels are not counted; `None` follows the class table.
        border: What the border of a trimap becomes: `"ignore"`, `"foreground"` or `"own"` (a class).

    Returns:
        A `SegmentationData`.

    Raises:
        InputError: If the data set, an argument or a file is bad; the message names it and the way out.

    Example:
        >>> data = load("shapes", split="val", count=20)
        >>> len(data), data.classes, data.size, data.ignore_class
        (20, ('background', 'disc', 'rectangle', 'triangle'), (64, 64), None)
        >>> image, labels = data[0]
        >>> image.shape, labels.dtype
        ((64, 64, 3), dtype('uint8'))
    """
    if split not in drawing.SPLITS:
        raise InputError(f"split must be one of {', '.join(drawing.SPLITS)}, got {split!r}.")
    if count is not None and (not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 1):
        raise InputError(f"count must be an integer of at least 1 or None, got {count!r}. Leave it out for all images.")
    seed = drawing.check_seed(seed)
    if size is not None:
        size = drawing.check_size(size)
    name, _, path = str(spec).partition(":")
    if name == "folder" and path:
        size = size or (128, 128)
        read, names, table = folder.open_split(
            path, split, size, seed=seed, count=count, labels=labels, kind=kind, ignore=ignore, border=border
        )
        classes, ignore_class = table.classes, table.ignore_class
    elif name == "tfds" and path:
        if labels is not None:
            raise InputError(f"labels is for folder:PATH, not for {spec!r}. Leave it out.")
        size = size or (128, 128)
        read, names, table = tfds.open_split(
            path, split, size, seed=seed, count=count, kind=kind, ignore=ignore, border=border
        )
        classes, ignore_class = table.classes, table.ignore_class
    elif spec in _SYNTHETIC:
        if (labels, kind, ignore, border) != (None, None, None, "ignore"):
            raise InputError(f"labels, kind, ignore and border are for folder:PATH and tfds:NAME, not for {spec!r}.")
        draw, classes = _SYNTHETIC[spec]
        size, ignore_class = size or synthetic.DEFAULT_SIZE, None
        names = [f"{spec}-{split}-{index}" for index in range(count or _COUNTS[split])]

        def read(index):
            image, marks = draw(index, size=size, seed=seed, split=split)
            return image, np.minimum(marks, len(classes) - 1)  # cells are numbered; as a class all are 1
    else:
        raise InputError(_unknown(spec))
    about = {"spec": spec, "split": split, "classes": classes, "ignore_class": ignore_class}
    return SegmentationData(read, names, **about, size=size, batch=batch, seed=seed)


def _unknown(spec):
    close = difflib.get_close_matches(str(spec), [*_SYNTHETIC, *_FROM_OUTSIDE], n=1)
    hint = f" Did you mean {_FROM_OUTSIDE.get(close[0], close[0])}?" if close else ""
    known = [*_SYNTHETIC, *_FROM_OUTSIDE.values()]
    return f"data set {str(spec)!r} is not known; known are {', '.join(known[:-1])} and {known[-1]}.{hint}"
