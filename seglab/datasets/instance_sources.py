"""Where samples with a mask for every object come from: drawn cells and streets, and folders of numbered objects."""

import numpy as np

from seglab.datasets import folder
from seglab.datasets.drawing import generator
from seglab.datasets.streets import STREETS, THINGS

_CROPS_PER_IMAGE = 2
_LEAST_PIXELS = 12  # what a crop leaves of an object


def masks_of(instances):
    """Split a map of numbered objects into masks.

    Args:
        instances: int array (H, W), 0 = none.

    Returns:
        Bool array (n, H, W), in the order of the numbers; numbers without a pixel are left out.

    Example:
        >>> masks_of(np.array([[0, 2], [5, 2]])).astype(int).tolist()
        [[[0, 1], [0, 1]], [[0, 0], [1, 0]]]
    """
    numbers = np.unique(instances)
    return instances[None] == numbers[numbers > 0][:, None, None]


def fluorescence(image):
    """Make a microscope's image gray, stretched, and dark around bright objects.

    Args:
        image: uint8 array (H, W, 3).

    Returns:
        uint8 array (H, W, 3), all channels alike.

    Example:
        >>> int(fluorescence(np.full((2, 2, 3), 255, np.uint8)).max())
        0
    """
    gray = image.astype(np.float32).mean(axis=2)
    low, high = np.percentile(gray, (1, 99.8))
    gray = np.clip((gray - low) / max(high - low, 8), 0, 1)
    if np.median(gray) > 0.5:
        gray = 1 - gray
    return np.repeat(np.rint(gray * 255).astype(np.uint8)[..., None], 3, axis=2)


def kept(draw):
    """Read by index, drawn once; later reads unpack."""
    drawn = {}

    def read(index, _rng):
        if index not in drawn:
            image, masks, classes, semantic = draw(index)
            drawn[index] = image, np.packbits(masks, axis=-1), masks.shape[-1], classes, semantic
        image, packed, width, classes, semantic = drawn[index]
        return image, np.unpackbits(packed, axis=-1, count=width).astype(bool), classes, semantic

    return read


def from_instances(image, instances):
    masks = masks_of(instances)
    return image, masks, np.zeros(len(masks), np.int64), None


def from_panoptic(image, panoptic):
    category, number = panoptic // 1000, panoptic % 1000
    things = masks_of(np.where(number > 0, panoptic, 0))
    classes = np.array([THINGS.index(int(category[mask][0])) for mask in things], np.int64)
    stuff = [index for index in range(len(STREETS)) if index not in THINGS]
    table = np.full(len(STREETS), len(stuff))
    table[stuff] = np.arange(len(stuff))
    return image, things, classes, table[category]


def folder_reader(path, split, size, seed, count, kind_of_image):
    """Reader of crops; the masks of a whole image are found again in each crop."""
    names, open_sample = folder.open_instances(path, split, seed=seed, count=count)
    whole = {}

    def read(index, rng):
        name = index if rng is not None else index // _CROPS_PER_IMAGE
        if name not in whole:
            image, instances = open_sample(name)
            whole[name] = (fluorescence(image) if kind_of_image == "fluorescence" else image), instances
        image, instances = whole[name]
        lack = [max(side - have, 0) for side, have in zip(size, instances.shape, strict=True)]
        image = np.pad(image, [(0, lack[0]), (0, lack[1]), (0, 0)])
        instances = np.pad(instances, [(0, lack[0]), (0, lack[1])])
        rng = rng or generator(12, index, seed, split)
        top, left = (int(rng.integers(0, have - side + 1)) for have, side in zip(instances.shape, size, strict=True))
        window = np.s_[top : top + size[0], left : left + size[1]]
        masks = masks_of(instances[window])
        masks = masks[masks.sum(axis=(1, 2)) >= _LEAST_PIXELS]
        return image[window], masks, np.zeros(len(masks), np.int64), None

    return read, len(names) * (1 if split == "train" else _CROPS_PER_IMAGE)
