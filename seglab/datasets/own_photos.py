"""Photos that somebody labeled by hand: what is wrong with the labels, and a folder that `datasets.load` reads.

Labels come as a COCO file, or from labelme by `annotations.labelme_to_coco`. Two labels are labelme's own words:
`__ignore__` for pixels that are not counted, and `_background_`. Photos are taken as a viewer shows them: turned by the
EXIF tag that a camera writes when it is held upright.
"""

import difflib
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from seglab.datasets.coco import coco_instances
from seglab.errors import InputError
from seglab.labels import write_palette_png

IGNORED, BACKGROUND = "__ignore__", "_background_"
UNLABELED = ("background", "ignore")
_ORIENTATION = 0x0112
_IGNORE_CLASS = 255
_NEAR = 1.0  # pixels that a point may lie outside: hands are not steadier
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


def find_faults(coco, folder, classes):
    """Look for what usually goes wrong when people label photos of their own.

    Found are photos that are missing, cannot be read, have no object, no labels at all, or are of another size or
    turned another way than the labels say; labels that are no class; and points outside of the photo. Not found are
    objects that were forgotten beside others, and photos turned by 180 degrees, which keep their size: look at them.

    Args:
        coco: `CocoFile` of the instance format.
        folder: Folder of the photos.
        classes: Names of the classes, the background first.

    Returns:
        List of strings, a line per fault: photo, object, what is wrong, and the way out.
    """
    folder, faults = Path(folder), []
    for image in coco.images:
        name, (height, width) = image["file_name"], image["size"]
        fault = _photo_fault(folder / name, name, image["size"])
        if fault:
            faults.append(fault)
        if not image["annotations"]:
            faults.append(f"{name}: no object is labeled. Is the photo empty, or was it forgotten?")
        for number, annotation in enumerate(image["annotations"], 1):
            label = coco.classes[coco.category_ids.index(annotation["category_id"])]
            what = f"{name}, object {number} ({label})"
            if _number_of(label, classes) is None:
                faults.append(f"{what}: {_no_class(label, classes)}")
            outside = _outside(annotation["segmentation"], height, width)
            if outside is not None:
                x, y = outside
                faults.append(
                    f"{what}: point x={x:.0f}, y={y:.0f} lies outside of the photo, {width} wide and {height} high. "
                    "Move it."
                )
    known = {(folder / image["file_name"]).resolve() for image in coco.images}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _ENDINGS and path.resolve() not in known:
            faults.append(f"{path.name}: no labels. Label it, or take it out.")
    return faults


def write_label_folder(coco, folder, target, classes, *, unlabeled="background"):
    """Write photos and label files as `datasets.load("folder:TARGET")` reads them.

    An object later in the file lies on top. A photo with an EXIF turn is written turned, any other is copied.

    Args:
        coco: `CocoFile` of the instance format.
        folder: Folder of the photos.
        target: Folder to write `images/`, `labels/` (palette PNG) and `classes.txt` to; made where missing.
        classes: Names of the classes in the order of their numbers, the background first.
        unlabeled: What a pixel becomes that no object covers: `"background"` where everything was labeled, `"ignore"`
            (not counted) where only some was.

    Returns:
        Path of `target`.

    Raises:
        InputError: If a photo does not fit its labels, a label is no class, two photos share a name, or `target` holds
            other photos.
    """
    if unlabeled not in UNLABELED:
        raise InputError(f"unlabeled must be one of {', '.join(UNLABELED)}, got {unlabeled!r}.")
    folder, target = Path(folder), Path(target)
    _check_names(coco, target)
    for part in ("images", "labels"):
        (target / part).mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(coco.images):
        name = image["file_name"]
        fault = _photo_fault(folder / name, name, image["size"])
        if fault:
            raise InputError(fault)
        labels = np.full(image["size"], 0 if unlabeled == "background" else _IGNORE_CLASS, np.uint8)
        objects = coco_instances(coco, index)
        for mask, category in zip(objects["masks"], objects["classes"], strict=True):
            number = _number_of(coco.classes[category], classes)
            if number is None:
                raise InputError(f"{name}, an object: {_no_class(coco.classes[category], classes)}")
            labels[mask] = number
        path = target / "labels" / f"{Path(name).stem}.png"
        write_palette_png(path, labels, len(classes), ignore_class=_IGNORE_CLASS)
        _copy_upright(folder / name, target / "images" / Path(name).name)
    table = [*enumerate(classes), (_IGNORE_CLASS, "ignore")]
    (target / "classes.txt").write_text("".join(f"{number} {name}\n" for number, name in table), encoding="utf-8")
    return target


def _number_of(label, classes):
    """Label of an object's pixels, `None` for what is no class."""
    if label in classes:
        return list(classes).index(label)
    return {IGNORED: _IGNORE_CLASS, BACKGROUND: 0}.get(label)


def _no_class(label, classes):
    close = difflib.get_close_matches(label, classes, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Classes are {', '.join(classes)}."
    return f"{label!r} is no class. {hint}"


def _photo_fault(path, name, size):
    """What is wrong with a photo whose labels are of `size`; `None` if nothing is."""
    try:
        with Image.open(path) as photo:
            stored, turn = (photo.height, photo.width), photo.getexif().get(_ORIENTATION, 1)
    except FileNotFoundError:
        return f"{name}: no such photo in {path.parent}. Add it, or take its labels out."
    except OSError:
        return f"{name}: cannot be read as a photo. Save it as JPEG or PNG."
    shown = stored[::-1] if turn in (5, 6, 7, 8) else stored
    if tuple(size) == shown:
        return None
    labels, stored, shown = (f"{height} x {width}" for height, width in (size, stored, shown))
    if labels == stored:
        return (
            f"{name}: labeled as stored, {labels} (height x width), but its EXIF tag turns it to {shown}. "
            "Save it without the tag, or label it again."
        )
    return f"{name}: the labels are of a photo of {labels} (height x width), the file is {shown}. Which one is right?"


def _outside(segmentation, height, width):
    """The point (x, y) of polygons that lies farthest outside, `None` if all are inside."""
    if not isinstance(segmentation, list) or not segmentation:
        return None
    points = np.concatenate([np.reshape(part, (-1, 2)) for part in segmentation])
    beyond = np.maximum(-points, points - (width, height)).max(axis=1)
    return points[beyond.argmax()] if beyond.max() > _NEAR else None


def _check_names(coco, target):
    names = [Path(image["file_name"]) for image in coco.images]
    stems = [name.stem for name in names]
    twice = [stem for stem in stems if stems.count(stem) > 1]
    if twice:
        raise InputError(f"two photos are called {twice[0]}: their labels would overwrite each other. Rename one.")
    other = [path for path in (target / "images").glob("*") if path.name not in {name.name for name in names}]
    if other:
        raise InputError(f"{target} holds {other[0].name}, which is none of the photos. Write to an empty folder.")


def _copy_upright(source, target):
    with Image.open(source) as photo:
        if photo.getexif().get(_ORIENTATION, 1) == 1:
            shutil.copyfile(source, target)
        else:
            ImageOps.exif_transpose(photo).save(target, quality=95)
