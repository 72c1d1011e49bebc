"""What people draw objects with, turned into the labels of this package: labelme's polygons, Cityscapes' ids."""

import json
from pathlib import Path

import numpy as np

from seglab.datasets.coco import open_coco, polygon_mask
from seglab.errors import InputError

CITYSCAPES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
    "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip
"""Names of the 19 classes that Cityscapes is scored on, by train id."""

# Of each train id, the id that stands in files *_labelIds.png.
_LABEL_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)


def read_labelme(path, classes):
    """Read one file of labelme: the objects of a photo as polygons, rectangles and circles.

    A shape drawn later lies on top in the semantic map; the masks keep their full extent.

    Args:
        path: JSON file that labelme saved.
        classes: Names of the classes, background not among them.

    Returns:
        Dict of `masks` bool (n, H, W), `classes` int (n,), `labels` uint8 (H, W), 0 being background and `k + 1` class
        `k`, and `image_file`, the name of the photo.

    Raises:
        InputError: If the file cannot be read, a shape is of an unknown kind, or its label is no class.
    """
    size, shapes, image_file = _read(Path(path))
    masks, found = [], []
    for number, (label, kind, points, _group) in enumerate(shapes, 1):
        if label not in classes:
            raise InputError(f"{path}: shape {number} is labeled {label!r}; classes are {', '.join(classes)}.")
        mask = _fill(kind, points, size, f"{path}: shape {number}")
        if mask.any():
            masks.append(mask)
            found.append(classes.index(label))
    labels = np.zeros(size, np.uint8)
    for mask, klass in zip(masks, found, strict=True):
        labels[mask] = klass + 1
    return {
        "masks": np.array(masks, bool).reshape(-1, *size),
        "classes": np.array(found, int),
        "labels": labels,
        "image_file": image_file,
    }


def labelme_to_coco(folder, path):
    """Write what was drawn with labelme in a folder as one COCO annotation file.

    Every label becomes a category, misspelled ones, too, and points stay where they were drawn: that
    `seglab.datasets.own_photos` can name what is wrong. Shapes of one label and one group id are one object.

    Args:
        folder: Folder of the JSON files; each says which photo it is of.
        path: JSON file to write, outside of that folder.

    Returns:
        The `CocoFile`; names of photos are relative to `folder`.

    Raises:
        InputError: If there is no JSON file, one cannot be read, or a shape is of an unknown kind.
    """
    folder, path = Path(folder), Path(path)
    files = sorted(folder.glob("*.json"))
    if not files or path.resolve().parent == folder.resolve():
        what = "has no JSON file. Check the path" if not files else "is where path lies, too. Write to another folder"
        raise InputError(f"{folder} {what}.")
    images, annotations, category_ids = [], [], {}
    for image_id, file in enumerate(files, 1):
        (height, width), shapes, photo = _read(file)
        name = str(photo or file.stem).replace("\\", "/")  # labelme on Windows
        images.append({"id": image_id, "file_name": name, "height": height, "width": width})
        groups = {}
        for number, (label, kind, points, group) in enumerate(shapes, 1):
            outline = _outline(kind, points, f"{file}: shape {number}").ravel().tolist()
            category_id = category_ids.setdefault(label, len(category_ids) + 1)
            if group is not None and (label, group) in groups:
                groups[label, group]["segmentation"].append(outline)
                continue
            groups[label, group] = {
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": category_id,
                "segmentation": [outline],
                "iscrowd": 0,
            }
            annotations.append(groups[label, group])
    categories = [{"id": number, "name": name} for name, number in category_ids.items()]
    content = {"images": images, "categories": categories, "annotations": annotations}
    path.write_text(json.dumps(content), encoding="utf-8")
    return open_coco(path)


def cityscapes_train_ids(label_ids, *, ignore_class=255):
    """Turn Cityscapes' label ids into the 19 train ids.

    Args:
        label_ids: Integer array of any shape: the values of a file `*_labelIds.png`, -1 to 33.
        ignore_class: Value for ids that are not scored.

    Returns:
        uint8 array of the same shape: an index of `CITYSCAPES` or `ignore_class`.

    Raises:
        InputError: If a value is no label id.

    Example:
        >>> cityscapes_train_ids(np.array([7, 26, 0, 33]))
        array([  0,  13, 255,  18], dtype=uint8)
    """
    label_ids = np.asarray(label_ids)
    if label_ids.dtype.kind not in "iu" or (label_ids.size and (label_ids.min() < -1 or label_ids.max() > 33)):
        raise InputError(
            f"label_ids must be integers in [-1, 33], got {label_ids.dtype} up to {label_ids.max(initial=0)}. "
            "Is it a *_labelIds.png file?"
        )
    table = np.full(35, ignore_class, np.uint8)
    table[np.array(_LABEL_IDS)] = np.arange(len(_LABEL_IDS))
    return table[label_ids.astype(int)]  # -1 reads the last entry, which is not scored


def _read(path):
    """Size, shapes as (label, kind, points, group), and name of the photo of a labelme file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        size = int(content["imageHeight"]), int(content["imageWidth"])
        shapes = [
            (
                str(shape["label"]),
                shape.get("shape_type", "polygon"),
                np.asarray(shape["points"], float).reshape(-1, 2),
                shape.get("group_id"),
            )
            for shape in content["shapes"]
        ]
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the name.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no file of labelme: {error!r}. Save it again with labelme.") from None
    return size, shapes, content.get("imagePath")


def _fill(kind, points, size, what):
    if kind == "circle" and len(points) == 2:
        row, col = np.ogrid[: size[0], : size[1]]
        (x, y), radius = points[0], np.hypot(*(points[1] - points[0]))
        return (col + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= radius**2
    return polygon_mask(_outline(kind, points, what), size)


def _outline(kind, points, what):
    """Polygon (n, 2) of a shape; a circle gets 72 corners."""
    if kind == "polygon" and len(points) >= 3:
        return points
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if kind == "circle" and len(points) == 2:
        angle = np.arange(72)[:, None] * np.pi / 36
        return points[0] + np.hypot(*(points[1] - points[0])) * np.hstack([np.cos(angle), np.sin(angle)])
    raise InputError(f"{what} is a {kind} of {len(points)} points; polygons, rectangles and circles can be read.")
