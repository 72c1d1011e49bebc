"""Images with the mask of every object, and for streets the label of every other pixel: what detection learns from.

Objects may overlap, so each has a mask of its own. They are kept packed, eight pixels a byte; batches are padded to a
fixed number of objects, so that every batch has one shape.
"""

import numpy as np

from seglab.datasets.drawing import SPLITS, check_seed, check_size, generator
from seglab.datasets.instance_sources import folder_reader, from_instances, from_panoptic, kept
from seglab.datasets.pipeline import stream
from seglab.datasets.streets import STREETS, THINGS, draw_street
from seglab.datasets.synthetic import draw_cells
from seglab.errors import InputError

MOST_OBJECTS = {"cells": 24, "streets": 16, "folder": 40}
_COUNTS = {"train": 2000, "val": 100, "test": 200}


class InstanceData:
    """Images and objects of one split.

    Attributes:
        spec: What was asked for: `"cells"`, `"streets"` or `"folder:PATH"`.
        split: `"train"`, `"val"` or `"test"`.
        classes: Tuple of the names of the object classes; background is none of them.
        stuff: Tuple of the names of the classes that are not counted; empty where only objects are labeled.
        size: `(height, width)` of every image, in pixels.
        batch: Images per batch.
        most: Objects per image in a batch: tables are padded to it, and what is over it is left out.
        seed: Seed of shuffling, cropping and turning.
    """

    def __init__(self, read, count, *, spec, split, classes, stuff, size, batch, most, seed, mirror_only):
        """Wrap a reader; `load_instances` is the usual way here.

        Args:
            read: Function from an index and a generator (`None` for the fixed view) to `(image, masks, classes,
                semantic)`: uint8 (H, W, 3), bool (n, H, W), int (n,), and int (H, W) or `None`.
            count: Number of samples.
            spec: See the attribute.
            split: See the attribute.
            classes: See the attribute.
            stuff: See the attribute.
            size: See the attribute.
            batch: See the attribute.
            most: See the attribute.
            seed: See the attribute.
            mirror_only: Whether training images are only mirrored left to right; otherwise they are turned, too.
        """
        self._read, self._count, self._mirror_only = read, count, mirror_only
        self.spec, self.split, self.classes, self.stuff = spec, split, tuple(classes), tuple(stuff)
        self.size, self.batch, self.most, self.seed = size, batch, most, seed

    @property
    def num_classes(self):
        """Number of object classes."""
        return len(self.classes)

    @property
    def steps_per_epoch(self):
        """Batches per epoch of `training`: full batches only, but at least one."""
        return max(1, len(self) // self.batch)

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        """Return sample `index` as `(image, masks, classes)`: float32 (H, W, 3), bool (n, H, W), int (n,)."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        image, masks, classes, _ = self._read(index, None)
        return image / np.float32(255), masks, classes

    def __repr__(self):
        height, width = self.size
        return f"<{self.spec} {self.split}: {len(self)} images {height}x{width}, objects: {', '.join(self.classes)}>"

    def truth(self):
        """Return every sample's objects, as `seglab.metrics.mask_ap` takes them.

        Returns:
            List of dicts: `masks` bool (n, H, W), `classes` int (n,).
        """
        return [dict(zip(("masks", "classes"), self[index][1:], strict=True)) for index in range(len(self))]

    def images(self):
        """Return all images as one float32 array (N, H, W, 3) in [0, 1]."""
        return np.stack([self[index][0] for index in range(len(self))])

    def semantic(self):
        """Return the label maps of a panoptic split.

        Returns:
            int32 array (N, H, W): an index of `stuff`, or `len(stuff)` for every pixel of a thing.

        Raises:
            InputError: If only objects are labeled.
        """
        if not self.stuff:
            raise InputError(f"{self.spec} has no labels besides its objects. Take 'streets'.")
        return np.stack([self._read(index, None)[3] for index in range(len(self))]).astype(np.int32)

    @property
    def data(self):
        """One pass in order, without changes, as a `tf.data.Dataset` of `(images, targets)`, as in `training`."""
        order, steps = np.arange(len(self)), -(-len(self) // self.batch)
        return self._stream(lambda step: self._batch(self._rows(step, order), None), None, steps=steps)

    def training(self, *, augment=True, first_epoch=0):
        """Return the endless shuffled stream to train on.

        Args:
            augment: Whether images are turned, mirrored, and made brighter or darker at random. Crops of a folder's
                images are random in any case.
            first_epoch: Epoch to start at, counted from 0; the stream is that of an unbroken one from there on.

        Returns:
            Infinite `tf.data.Dataset` of `(images, targets)`: float32 (B, H, W, 3) in [0, 1], and a dict of `masks`
            uint8 (B, N, H, W), `classes` int32 (B, N) with -1 where there is no object, and for panoptic data
            `semantic` int32 (B, H, W).

        Example:
            >>> images, targets = next(iter(load_instances("cells", count=32).training()))
            >>> images.shape, targets["masks"].shape, targets["classes"].shape
            (TensorShape([16, 64, 64, 3]), TensorShape([16, 24, 64, 64]), TensorShape([16, 24]))
        """

        def make(step):
            epoch, step = divmod(step, self.steps_per_epoch)
            order = generator(10, epoch, self.seed, self.split).permutation(len(self))
            return self._batch(self._rows(step, order), (epoch, augment))

        length, first_step = min(self.batch, len(self)), first_epoch * self.steps_per_epoch
        return self._stream(make, length, first_step=first_step)

    def _rows(self, step, order):
        return order[step * self.batch : (step + 1) * self.batch]

    def _batch(self, rows, changes):
        samples = [self._sample(int(row), changes) for row in rows]
        images = np.stack([image for image, *_ in samples])
        masks = np.zeros((len(rows), self.most, *self.size), np.uint8)
        classes = np.full((len(rows), self.most), -1, np.int32)
        for row, (_, some_masks, some_classes, _) in enumerate(samples):
            count = min(len(some_masks), self.most)
            masks[row, :count], classes[row, :count] = some_masks[:count], some_classes[:count]
        if not self.stuff:
            return images, masks, classes
        return images, masks, classes, np.stack([semantic for *_, semantic in samples]).astype(np.int32)

    def _sample(self, row, changes):
        if changes is None:
            image, masks, classes, semantic = self._read(row, None)
            return image / np.float32(255), masks, classes, semantic
        epoch, augment = changes
        rng = generator(11, row, self.seed + 7919 * epoch, self.split)
        image, masks, classes, semantic = self._read(row, rng)
        image = image / np.float32(255)
        if augment:
            image = image * rng.uniform(0.8, 1.2) + rng.uniform(-0.08, 0.08)
            image = np.clip(image, 0, 1).astype(np.float32)
            step = 1 if self.size[0] == self.size[1] else 2  # a quarter turn would change the size of another image
            turns = 0 if self._mirror_only else step * int(rng.integers(4 // step))
            mirror = rng.random() < 0.5
            image, masks = turned(image, turns, mirror), turned(masks, turns, mirror, axes=(1, 2))
            semantic = semantic if semantic is None else turned(semantic, turns, mirror)
        return image, masks, classes, semantic

    def _stream(self, make, length, **steps):
        import tensorflow as tf

        height, width = self.size
        names = ("masks", "classes", "semantic")[: 3 if self.stuff else 2]
        types = (tf.float32, tf.uint8, tf.int32, tf.int32)[: 1 + len(names)]
        shapes = ((height, width, 3), (self.most, height, width), (self.most,), (height, width))

        def named(*tensors):
            images, *targets = (
                tf.ensure_shape(tensor, (length, *shape)) for tensor, shape in zip(tensors, shapes, strict=False)
            )
            return images, dict(zip(names, targets, strict=True))

        return stream(make, types, named, **steps)


def load_instances(
    spec, *, split="train", size=None, batch=16, seed=0, count=None, most=None, kind_of_image="as it is"
):
    """Load one split with a mask for every object.

    Args:
        spec: `"cells"` (one class; half of the cells placed over an earlier one), `"streets"` (cars and persons, and
            the stuff around them), or `"folder:PATH"` with `images/` and `instances/`.
        split: `"train"`, `"val"` or `"test"`.
        size: `(height, width)` or one integer. 64 for cells, 64 x 96 for streets and 128 for folders if `None`. Images
            of folders are not resized but cropped: at random for training, else twice per image at fixed places;
            smaller ones are padded with black.
        batch: Images per batch.
        seed: Non-negative integer.
        count: Number of images; 2000 / 100 / 200 drawn ones, or all of a folder if `None`.
        most: Objects per image in a batch. 24 for cells, 16 for streets and 40 for folders if `None`.
        kind_of_image: "as it is", or "fluorescence": gray, stretched between its 1st and 99.8th percentile, and dark
            around bright objects, so that microscopes of several kinds look alike.

    Returns:
        An `InstanceData`.

    Raises:
        InputError: If the data set, an argument or a file is bad.

    Example:
        >>> data = load_instances("streets", split="val", count=3)
        >>> image, masks, classes = data[0]
        >>> image.shape, masks.shape[1:], data.classes, len(data.stuff)
        ((64, 96, 3), (64, 96), ('car', 'person'), 4)
    """
    if split not in SPLITS:
        raise InputError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    if kind_of_image not in ("as it is", "fluorescence"):
        raise InputError(f"kind_of_image must be 'as it is' or 'fluorescence', got {kind_of_image!r}.")
    seed, name = check_seed(seed), str(spec).partition(":")[0]
    stuff, mirror_only = (), False
    if spec == "cells":
        size, classes = check_size(size or 64), ("cell",)
        read = kept(lambda index: from_instances(*draw_cells(index, size=size, seed=seed, split=split)))
        count = count or _COUNTS[split]
    elif spec == "streets":
        size, mirror_only = check_size(size or (64, 96)), True
        classes, stuff = (tuple(n for i, n in enumerate(STREETS) if (i in THINGS) == thing) for thing in (True, False))
        read = kept(lambda index: from_panoptic(*draw_street(index, size=size, seed=seed, split=split)))
        count = count or _COUNTS[split]
    elif name == "folder":
        size, classes = check_size(size or 128), ("object",)
        read, count = folder_reader(spec.partition(":")[2], split, size, seed, count, kind_of_image)
    else:
        raise InputError(f"data set {str(spec)!r} has no instances; known are cells, streets and folder:PATH.")
    most = most or MOST_OBJECTS[name]
    about = {"spec": spec, "split": split, "classes": classes, "stuff": stuff, "size": size}
    return InstanceData(read, count, **about, batch=batch, most=most, seed=seed, mirror_only=mirror_only)


def turned(array, turns, mirror, axes=(0, 1)):
    """Turn an array by quarter turns, then mirror it left to right.

    Args:
        array: Array with rows and columns.
        turns: Number of quarter turns, counter-clockwise.
        mirror: Whether it is mirrored.
        axes: Which axes are rows and columns.

    Returns:
        A new array.

    Example:
        >>> turned(np.array([[1, 2], [3, 4]]), 1, True)
        array([[4, 2],
               [3, 1]])
    """
    array = np.rot90(array, turns, axes)
    return np.ascontiguousarray(np.flip(array, axes[1]) if mirror else array)
