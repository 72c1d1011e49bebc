"""A folder of images with one label file each.

Images lie in `images/` or `JPEGImages/`, label files beside it under the same names. The label folder tells the kind:

| folder | kind | content of a label file |
|--|--|--|
| `labels`, `masks` | semantic | the class of each pixel, by `classes.txt` (lines `INDEX NAME`) or as 0, 1, 2 ... |
| `instances` | instances | 0 background, 1, 2, 3 ... one number per object |
| `trimaps` | trimap | 1 foreground, 2 background, 3 border |
| `SegmentationClass` | palette | palette index = class; 255 is not counted |

Images are turned as their EXIF tags say, label files are not: they are of the photo as a viewer shows it.

A class called void, unlabelled, unlabeled or ignore is not counted. `train.txt`, `val.txt` and `test.txt` (also under
`ImageSets/Segmentation`) list names, one per line; further columns are skipped. What is missing is cut by seed: the
validation and the test images each 15 % of the images that nothing else claims.
"""

from pathlib import Path

from seglab.datasets.classes import VOC_CLASSES, class_table, find_classes, read_classes, trimap_table
from seglab.datasets.files import read_image, read_label_file
from seglab.datasets.splits import choose, cut_missing
from seglab.errors import InputError
from seglab.transforms import resize_labels

KINDS = {
    "labels": "semantic",
    "masks": "semantic",
    "instances": "instances",
    "trimaps": "trimap",
    "SegmentationClass": "palette",
}
_IMAGE_FOLDERS = ("images", "JPEGImages")
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif")
_LABEL_ENDINGS = (".png", ".bmp", ".tif", ".tiff", ".gif")
_SPLITS = ("train", "val", "test")


def open_split(path, split, size, *, seed=0, count=None, labels=None, kind=None, ignore=None, border="ignore"):
    """Open one split of a folder; pixels are read later, one sample at a time.

    Args:
        path: The folder.
        split: `"train"`, `"val"` or `"test"`.
        size: `(height, width)` that every sample is resized to.
        seed: Seed of the cuts, and of the choice that `count` makes.
        count: Use only this many images of the split, `None` for all.
        labels: Name of the label folder, `None` for the one whose name is known.
        kind: Kind of its files, `None` to tell it by the folder's name.
        ignore: Value whose pixels are not counted, `None` for none beyond the class table's.
        border: What a trimap's border becomes.

    Returns:
        `(read, names, table)`: function from index to `(image, labels)`, list of names, `ClassTable`.

    Raises:
        InputError: If something is missing or contradicts itself.
    """
    root, kind, images, masks, splits = _find(path, labels, kind, seed)
    names = _names(root, splits, split, count, seed)
    everything = sorted(set().union(*splits.values()))
    table = _table(root, kind, border, ignore, [masks[name] for name in everything])

    def read(index):
        name = names[index]
        image, values = _open(images[name], masks[name], size)
        table.check(values, masks[name])  # every pixel of the file, not only those that resizing keeps
        return image, table.encode(resize_labels(values, size))

    return read, names, table


def open_instances(path, split, *, seed=0, count=None):
    """Open one split of a folder whose label files number the objects.

    Args:
        path: The folder, with `instances/`.
        split: `"train"`, `"val"` or `"test"`.
        seed: Seed of the cuts, and of the choice that `count` makes.
        count: Use only this many images of the split, `None` for all.

    Returns:
        `(names, read)`: list of names, and a function from index to `(image, instances)`: uint8 (H, W, 3), int (H, W).

    Raises:
        InputError: If something is missing or contradicts itself.
    """
    root, _, images, masks, splits = _find(path, "instances", "instances", seed)
    names = _names(root, splits, split, count, seed)
    return names, lambda index: _open(images[names[index]], masks[names[index]], None)


def _find(path, labels, kind, seed):
    """The folder, the kind of its labels, image and label files by name, and the names of each split."""
    root = Path(path).expanduser()
    if not root.is_dir():
        raise InputError(f"{root} is not a folder. Check the path after folder:.")
    image_folder = _find_images(root)
    label_folder, kind = _find_labels(root, image_folder, labels, kind)
    images, masks = _by_name(image_folder, _IMAGE_ENDINGS), _by_name(label_folder, _LABEL_ENDINGS)
    return root, kind, images, masks, _splits(root, images, masks, seed, image_folder, label_folder)


def _names(root, splits, split, count, seed):
    names = splits[split]
    if count is None:
        return names
    if count > len(names):
        raise InputError(f"count is {count}, but the {split} split of {root} has {len(names)} images. Lower it.")
    return choose(names, count, seed, 2)


def _open(image_file, label_file, size):
    """An image, resized where `size` is given, and the values of its label file, which are not."""
    image, file_size = read_image(image_file, size)
    values = read_label_file(label_file)
    if values.shape != file_size:
        turned = " as a viewer shows it: turned, if its EXIF tag says so" if values.shape == file_size[::-1] else ""
        raise InputError(
            f"{image_file} is {file_size[0]}x{file_size[1]} (rows x columns){turned}, but {label_file} is "
            f"{values.shape[0]}x{values.shape[1]}. Make the two the same size."
        )
    return image, values


def _find_images(root):
    found = [root / name for name in _IMAGE_FOLDERS if (root / name).is_dir()]
    if len(found) != 1:
        what = "both images/ and JPEGImages/" if found else "no folder images/ or JPEGImages/"
        raise InputError(f"{root} has {what}. Keep the pictures in one folder images/.")
    return found[0]


def _find_labels(root, image_folder, labels, kind):
    if kind is not None and kind not in KINDS.values():
        raise InputError(f"kind must be one of {', '.join(sorted(set(KINDS.values())))}, got {kind!r}.")
    if labels is not None:
        folder = root / labels
        if not folder.is_dir():
            raise InputError(f"{root} has no label folder {labels!r}; it has {_subfolders(root, image_folder)}.")
    else:
        found = [root / name for name in KINDS if (root / name).is_dir()]
        if len(found) != 1:
            what = "more than one label folder" if found else "no label folder of a known name"
            raise InputError(
                f"{root} has {what} ({_subfolders(root, image_folder)}). Say which with labels=DIR, kind=KIND "
                "(--labels DIR --kind KIND)."
            )
        folder = found[0]
    kind = kind or KINDS.get(folder.name)
    if kind is None:
        raise InputError(
            f"the name of label folder {folder.name!r} does not tell what its files hold. Pass kind=semantic, "
            "instances, trimap or palette (--kind KIND)."
        )
    return folder, kind


def _subfolders(root, image_folder):
    names = sorted(f"{entry.name}/" for entry in root.iterdir() if entry.is_dir() and entry != image_folder)
    return ", ".join(names) or "no other folder"


def _by_name(folder, endings):
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in endings or path.name.startswith("."):
            continue
        if path.stem in files:
            raise InputError(f"{files[path.stem]} and {path.name} have the same name. Keep one of them.")
        files[path.stem] = path
    return files


def _splits(root, images, masks, seed, image_folder, label_folder):
    """Return a dict from split to names: listed ones in the order of the list, cut ones sorted."""
    listed = {}
    for split in _SPLITS:
        files = [root / f"{split}.txt", root / "ImageSets" / "Segmentation" / f"{split}.txt"]
        file = next((file for file in files if file.is_file()), None)
        if file:
            listed[split] = _read_list(file)
    _check_apart(root, listed)
    if "train" not in listed:
        taken = set().union(*listed.values())
        listed["train"] = sorted((set(images) | set(masks)) - taken)
    for name in (name for names in listed.values() for name in names):
        if name not in images:
            raise InputError(f"{masks.get(name, name)} has no image in {image_folder}. Add it, or take the name out.")
        if name not in masks:
            raise InputError(f"{images[name]} has no label file in {label_folder}. Add it, or take the image out.")
    listed = cut_missing(listed, seed)
    for split, names in listed.items():
        if not names:
            raise InputError(f"the {split} split of {root} is empty. Add images, or list some in {split}.txt.")
    return listed


def _read_list(file):
    names = []
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        if line.strip() and not line.startswith("#"):
            name = line.split()[0]
            stem, dot, ending = name.rpartition(".")
            names.append(stem if dot and f".{ending.lower()}" in _IMAGE_ENDINGS else name)
    if not names:
        raise InputError(f"{file} lists no image. Write one name per line, or delete it to cut the split by seed.")
    return names


def _check_apart(root, listed):
    seen = {}
    for split, names in listed.items():
        for name in names:
            if name in seen:
                where = f"twice in {split}.txt" if seen[name] == split else f"in {seen[name]}.txt and in {split}.txt"
                raise InputError(f"{name} is {where} of {root}. List every image once.")
            seen[name] = split


def _table(root, kind, border, ignore, paths):
    trimap_table(border)  # a bad border is an error whatever the kind
    extra = set() if ignore is None else {ignore}
    if kind == "instances":
        return class_table({0: "background"} | dict.fromkeys(range(1, 65536), "foreground"), extra, values=65536)
    if kind == "trimap":
        return trimap_table(border, ignore)
    file = root / "classes.txt"
    if file.is_file():
        names, ignored = read_classes(file)
    elif kind == "palette":
        names, ignored = dict(enumerate(VOC_CLASSES.split())), set()
    else:
        names, ignored = find_classes(paths)
    return class_table(names, ignored | extra | ({255} if kind == "palette" else set()))
