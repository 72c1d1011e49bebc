"""Segmentation sets of TensorFlow Datasets: those with the features `image` and `segmentation_mask`.

`"tfds:oxford_iiit_pet"` is the first of them. What is not yet on this machine is downloaded, to the folder that the
environment variable TFDS_DATA_DIR names, else to `~/tensorflow_datasets`.

| kind | values of `segmentation_mask` |
|--|--|
| trimap | 1 foreground, 2 background, 3 border; so are those of the sets in `TRIMAPS` |
| semantic | the class of each pixel: by the names that the set gives, else as 0, 1, 2 ... |

A set without `validation` or `test` gets the one that is missing cut from its training images by seed. Samples come in
the alphabetical order of their files, where the set tells the names.

Where the package cannot be imported, `oxford_iiit_pet` is read from its makers' own files, see `seglab.datasets.pets`:
the same samples in the same splits, and the same labels. Colors may differ by the rounding of two JPEG decoders.
"""

import functools
import logging
import os
import threading
from pathlib import PurePosixPath

import numpy as np

from seglab.datasets import folder, pets
from seglab.datasets.classes import IGNORED_NAMES, class_table, number_classes, trimap_table
from seglab.datasets.splits import choose, cut_missing
from seglab.errors import InputError
from seglab.transforms import resize_image, resize_labels

KINDS = ("semantic", "trimap")
PLAIN = "oxford_iiit_pet"
"""The set that needs no package."""

TRIMAPS = (PLAIN,)
_FEATURES = ("image", "segmentation_mask")
_SOURCES = {"train": ("train",), "val": ("validation", "val", "valid"), "test": ("test",)}


def open_split(name, split, size, *, seed=0, count=None, kind=None, ignore=None, border="ignore"):
    """Open one split of a set of TensorFlow Datasets; pixels are read in one pass, when the first is asked for.

    Args:
        name: Name of the set, with config and version if wanted: `"oxford_iiit_pet"`, `"oxford_iiit_pet:4.0.0"`.
        split: `"train"`, `"val"` or `"test"`.
        size: `(height, width)` that every sample is resized to.
        seed: Seed of the cuts, and of the choice that `count` makes.
        count: Use only this many images of the split, `None` for all.
        kind: Kind of the masks, one of `KINDS`; `None` means trimap for the sets in `TRIMAPS`, else semantic.
        ignore: Value whose pixels are not counted, `None` for none beyond the class table's.
        border: What a trimap's border becomes: `"ignore"`, `"foreground"` or `"own"`.

    Returns:
        `(read, names, table)`: function from index to `(image, labels)`, list of names, `ClassTable`.

    Raises:
        InputError: If the package or the set is missing, the set is of another kind, or an argument does not fit it.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"kind must be one of {', '.join(KINDS)} for tfds:{name}, got {kind!r}.")
    try:
        tfds = _import()
    except InputError as error:
        if name != PLAIN:
            raise
        _say_once(f"{PLAIN} is read from its own site's files: {_first_line(error.__cause__)}.")
        path, options = pets.prepare(), {"labels": "trimaps", "kind": kind, "ignore": ignore, "border": border}
        return folder.open_split(path, split, size, seed=seed, count=count, **options)
    builder = _builder(tfds, name)
    lengths = {source: info.num_examples for source, info in builder.info.splits.items()}
    sources = {ours: next((theirs for theirs in known if theirs in lengths), None) for ours, known in _SOURCES.items()}
    if sources["train"] is None:
        raise InputError(f"tfds:{name} has no split train, only {', '.join(lengths)}. Take another set.")
    source = sources[split] or sources["train"]
    places = _places(tfds, builder, source, lengths[source])
    # Only what the split is made from is listed: to look into the others would take seconds.
    listed = {ours: list(places) if theirs == source else [] for ours, theirs in sources.items() if theirs}
    names = cut_missing(listed, seed)[split]
    if count is not None:
        if count > len(names):
            raise InputError(f"count is {count}, but the {split} split of tfds:{name} has {len(names)} images.")
        names = choose(names, count, seed, 2)
    if not names:
        raise InputError(f"the {split} split of tfds:{name} is empty. Take another set.")
    kind = kind or ("trimap" if builder.name in TRIMAPS else "semantic")
    table = trimap_table(border, ignore) if kind == "trimap" else _class_table(tfds, builder, list(lengths), ignore)
    wanted = {places[name]: index for index, name in enumerate(names)}
    return _Reader(tfds, builder, source, wanted, size, table), names, table


class _Reader:
    """Function from index to `(image, labels)`; threads may call it, for each index once.

    The files can only be read from front to back. The first call reads all that is wanted; what is handed out is not
    kept.
    """

    def __init__(self, tfds, builder, source, wanted, size, table):
        """Read `source`; `wanted` is a dict from the place of an example in it to the index of its sample."""
        self._tfds, self._builder, self._source, self._wanted = tfds, builder, source, wanted
        self._size, self._table = size, table
        self._lock, self._samples = threading.Lock(), None

    def __call__(self, index):
        with self._lock:
            if self._samples is None or index not in self._samples:
                self._samples = self._read_all()
            return self._samples.pop(index)

    def _read_all(self):
        samples, last = {}, max(self._wanted)
        for number, example in enumerate(_examples(self._tfds, self._builder, self._source, _FEATURES)):
            if number in self._wanted:
                name = f"tfds:{self._builder.name} {self._source}-{number}"
                samples[self._wanted[number]] = self._sample(example, name)
            if number == last:
                break
        return samples

    def _sample(self, example, name):
        image, values = example["image"], _one_channel(example["segmentation_mask"], name)
        if image.shape[:2] != values.shape:
            raise InputError(f"the image of {name} has {image.shape[:2]} pixels, its mask {values.shape}.")
        self._table.check(values, name)
        image = np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image[..., :3]
        return resize_image(image, self._size), self._table.encode(resize_labels(values, self._size))


def _import():
    """Import the package, which may be missing, or be imported with only half of its names."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # half an import is not raised but logged, fifty lines of it
    try:
        import tensorflow_datasets as tfds

        _ = tfds.builder, tfds.as_numpy, tfds.decode.PartialDecoding
    except Exception as error:  # protobuf and NumPy versions that do not fit fail in ways of their own
        raise InputError(
            f"tfds:NAME needs the package tensorflow-datasets, which cannot be imported ({_first_line(error)}). "
            "pip install tensorflow-datasets importlib_resources, or download the set and pass folder:PATH."
        ) from error
    finally:
        logging.disable(disabled)
    return tfds


def _builder(tfds, name):
    """Find a set by name, see that it can be used, and download it if it is not there."""
    try:
        builder = tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except Exception as error:
        raise InputError(f"tfds:{name} is not known to tensorflow-datasets ({_first_line(error)}).") from error
    missing = [feature for feature in _FEATURES if feature not in builder.info.features]
    if missing:
        raise InputError(
            f"tfds:{name} has no {' and no '.join(missing)}, only {', '.join(sorted(builder.info.features))}. "
            "Write its images and masks into a folder and pass folder:PATH."
        )
    if not builder.is_prepared():
        try:
            builder.download_and_prepare()
        except Exception as error:
            raise InputError(
                f"tfds:{name} is not in {builder.data_dir} and cannot be downloaded ({_first_line(error)}). "
                "Set TFDS_DATA_DIR, or download it by hand and pass folder:PATH."
            ) from error
    return builder


def _places(tfds, builder, source, length):
    """The examples of a split: dict from name to place, in the order of the names.

    Places depend on how the set was prepared, names do not: with them the cuts are those of a folder of the same files.
    """
    if "file_name" in builder.info.features:
        files = [example["file_name"] for example in _examples(tfds, builder, source, ("file_name",))]
        names = [PurePosixPath(os.fsdecode(file)).stem for file in files]
        if len(set(names)) == len(names):
            return dict(sorted(zip(names, range(len(names)), strict=True)))
    return {f"{source}-{number}": number for number in range(length)}


def _class_table(tfds, builder, sources, ignore):
    extra = set() if ignore is None else {ignore}
    names = getattr(builder.info.features["segmentation_mask"], "names", None)
    if names:
        names = dict(enumerate(names))
        ignored = {value for value, name in names.items() if name.lower() in IGNORED_NAMES}
    else:
        found = set()
        for source in sources:
            for example in _examples(tfds, builder, source, ("segmentation_mask",)):
                found.update(np.unique(example["segmentation_mask"]).tolist())
        names, ignored = number_classes(found - extra)
    return class_table(names, ignored | extra)


def _examples(tfds, builder, source, features):
    """All examples of a split in their order, as dicts of NumPy arrays; what is not asked for is not decoded."""
    decoders = tfds.decode.PartialDecoding(dict.fromkeys(features, True))
    return tfds.as_numpy(builder.as_dataset(split=source, shuffle_files=False, decoders=decoders))


def _one_channel(mask, name):
    if mask.ndim == 3 and mask.shape[-1] == 1:
        mask = mask[..., 0]
    if mask.ndim != 2 or mask.dtype.kind not in "ui":
        raise InputError(f"the mask of {name} must be whole numbers (H, W, 1), got {mask.dtype} {mask.shape}.")
    return mask


@functools.cache
def _say_once(line):
    print(line)


def _first_line(error):
    return (str(error).splitlines() or [""])[0].strip() or type(error).__name__
