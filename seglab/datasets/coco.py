"""COCO's files: instances as polygons or run lengths in JSON, panoptic maps as PNG beside JSON; read and written.

The categories of a file have ids with gaps and any order; classes here count from 0 in the order of the ids. Read
annotations are dicts of one image, as `seglab.metrics.mask_ap` takes them: `masks`, `classes`, `crowd`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from seglab import rle
from seglab.boxes import mask_boxes
from seglab.datasets.files import read_image
from seglab.errors import InputError
from seglab.labels import ids_to_rgb, panoptic_from_segments, rgb_to_ids, segments_from_panoptic


@dataclass(frozen=True)
class CocoFile:
    """An annotation file, looked through and indexed.

    Attributes:
        path: Path of the JSON file.
        classes: Tuple of category names, by class.
        category_ids: Tuple of the categories' ids, by class.
        things: Classes that are things; of a file that does not say, all.
        images: List of dicts with `file_name`, `size` (height, width) and `annotations`, in the order of the file.
    """

    path: Path
    classes: tuple
    category_ids: tuple
    things: tuple
    images: list


def open_coco(path):
    """Read an annotation file of COCO's instance or panoptic format.

    Args:
        path: The JSON file.

    Returns:
        A `CocoFile`. Masks are drawn later, image by image.

    Raises:
        InputError: If the file is missing or no such file, an annotation is of an image or a category that is not
            listed, or an id stands twice.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        categories = sorted(content["categories"], key=lambda category: category["id"])
        images = {
            image["id"]: {
                "file_name": image["file_name"],
                "size": (int(image["height"]), int(image["width"])),
                "annotations": [],
            }
            for image in content["images"]
        }
        annotations = list(content["annotations"])
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the name.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from None
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} is no COCO file: bad images, categories or annotations ({error}).") from None
    ids = [category["id"] for category in categories]
    if len(set(ids)) < len(ids) or len(images) < len(content["images"]):
        raise InputError(f"{path} lists an image or a category twice. Give every one its own id.")
    for number, annotation in enumerate(annotations):
        what = f"{path}: annotation {annotation.get('id', number)}"
        if annotation.get("image_id") not in images:
            raise InputError(f"{what} is of image {annotation.get('image_id')!r}, which is not listed.")
        image = images[annotation["image_id"]]
        for part in annotation.get("segments_info", [annotation]):
            if part.get("category_id") not in ids:
                raise InputError(
                    f"{what} of {image['file_name']} has category {part.get('category_id')!r}, which is not listed."
                )
        image["annotations"].append(annotation)
    return CocoFile(
        path,
        tuple(category["name"] for category in categories),
        tuple(ids),
        tuple(index for index, category in enumerate(categories) if category.get("isthing", 1)),
        list(images.values()),
    )


def coco_instances(coco, index):
    """Draw the masks of one image.

    Args:
        coco: `CocoFile` of the instance format.
        index: Place of the image in `coco.images`.

    Returns:
        Dict of `masks` bool (n, H, W), `classes` int (n,), `crowd` bool (n,) and `areas` float (n,), as the file gives
        them. Objects may overlap. One without a pixel in the image is left out.

    Raises:
        InputError: If a segmentation is neither polygons nor run lengths, or does not fit the image.
    """
    image = coco.images[index]
    rows = []
    for annotation in image["annotations"]:
        what = f"{coco.path}: annotation {annotation.get('id')} of {image['file_name']}"
        mask = _draw(annotation.get("segmentation"), image["size"], what)
        if mask.any():
            klass = coco.category_ids.index(annotation["category_id"])
            rows.append((mask, klass, bool(annotation.get("iscrowd", 0)), float(annotation.get("area", mask.sum()))))
    masks, classes, crowd, areas = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        "masks": np.array(masks, bool).reshape(-1, *image["size"]),
        "classes": np.array(classes, int),
        "crowd": np.array(crowd, bool),
        "areas": np.array(areas, float),
    }


def write_coco_instances(path, samples, classes, *, file_names=None, sizes=None):
    """Write objects as a COCO annotation file, with run lengths in place of polygons.

    Args:
        path: JSON file to write.
        samples: List of one dict per image: `masks` bool (n, H, W), `classes` int (n,), optional `crowd` and `areas`.
        classes: Names of the classes; class `k` becomes category `k + 1`.
        file_names: Names of the image files. `000000000001.png` and on if `None`.
        sizes: `(height, width)` of each image, needed where an image has no objects; that of its masks if `None`.

    Raises:
        InputError: If a class has no name, or the lists differ in length.

    Example:
        >>> import tempfile
        >>> sample = {"masks": np.ones((1, 4, 6), bool), "classes": [1]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_coco_instances(f"{folder}/a.json", [sample], ["cat", "dog"])
        ...     coco = open_coco(f"{folder}/a.json")
        >>> coco.classes, coco_instances(coco, 0)["classes"].tolist()
        (('cat', 'dog'), [1])
    """
    names = _file_names(file_names, len(samples))
    content = _content(classes, names, sizes or [np.shape(sample["masks"])[1:] for sample in samples])
    for image_id, sample in enumerate(samples, 1):
        masks = np.asarray(sample["masks"], bool)
        crowd = np.asarray(sample.get("crowd", np.zeros(len(masks))), bool)
        areas = np.asarray(sample.get("areas", masks.sum(axis=(1, 2))), float)
        for mask, klass, is_crowd, area in zip(masks, sample["classes"], crowd, areas, strict=True):
            if not 0 <= klass < len(classes):
                raise InputError(f"classes of image {image_id} must lie in [0, {len(classes)}), got {klass}.")
            top, left, bottom, right = mask_boxes(mask[None])[0].tolist()
            annotation = {
                "id": len(content["annotations"]) + 1,
                "image_id": image_id,
                "category_id": int(klass) + 1,
                "segmentation": rle.encode(mask),
                "bbox": [left, top, right - left, bottom - top],
                "area": float(area),
                "iscrowd": int(is_crowd),
            }
            content["annotations"].append(annotation)
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def coco_panoptic(coco, index, folder):
    """Read the panoptic map of one image.

    Args:
        coco: `CocoFile` of the panoptic format.
        index: Place of the image in `coco.images`.
        folder: Folder of the PNG files.

    Returns:
        `(panoptic, crowds)` as of `seglab.labels.panoptic_from_segments`, categories being classes.

    Raises:
        InputError: If the image has no map, the PNG is not of the image's size, or its ids are not those of the JSON.
    """
    image = coco.images[index]
    if len(image["annotations"]) != 1:
        raise InputError(f"{coco.path}: {image['file_name']} has {len(image['annotations'])} panoptic maps, must be 1.")
    annotation = image["annotations"][0]
    rgb, size = read_image(Path(folder) / annotation["file_name"])
    if size != image["size"]:
        raise InputError(f"{annotation['file_name']} is {size}, but {coco.path} says {image['size']}.")
    segments = [
        {**segment, "category_id": coco.category_ids.index(segment["category_id"])}
        for segment in annotation["segments_info"]
    ]
    try:
        return panoptic_from_segments(rgb_to_ids(rgb), segments, things=coco.things, max_instances=1000)
    except InputError as error:
        raise InputError(f"{annotation['file_name']} and {coco.path} disagree: {error}") from None


def write_coco_panoptic(path, folder, maps, classes, *, things, crowds=None, file_names=None):
    """Write panoptic maps as COCO's JSON and a folder of PNG files.

    Args:
        path: JSON file to write.
        folder: Folder for the PNG files; made where missing.
        maps: List of int arrays (H, W), `category * 1000 + instance`, categories being classes.
        classes: Names of the classes; class `k` becomes category `k + 1`.
        things: Classes that are things.
        crowds: For each map the ids in it that are crowd regions. None if `None`.
        file_names: Names of the image files. `000000000001.png` and on if `None`.
    """
    names = _file_names(file_names, len(maps))
    content = _content(classes, names, [panoptic.shape for panoptic in maps])
    for category in content["categories"]:
        category["isthing"] = int(category["id"] - 1 in things)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for image_id, (panoptic, name) in enumerate(zip(maps, names, strict=True), 1):
        ids, segments = segments_from_panoptic(panoptic, crowds=() if crowds is None else crowds[image_id - 1])
        for segment in segments:
            segment["category_id"] += 1
            top, left, bottom, right = mask_boxes((ids == segment["id"])[None])[0].tolist()
            segment["bbox"] = [left, top, right - left, bottom - top]
        file_name = f"{Path(name).stem}.png"
        Image.fromarray(ids_to_rgb(ids)).save(folder / file_name)
        content["annotations"].append({"image_id": image_id, "file_name": file_name, "segments_info": segments})
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def polygon_mask(points, size):
    """Fill a polygon: every pixel whose middle lies inside.

    Args:
        points: Array (n, 2) of (x, y) in pixels, at least three; parts outside of the image are cut off.
        size: `(height, width)`.

    Returns:
        Bool array (height, width).

    Example:
        >>> polygon_mask([[1, 0], [4, 0], [4, 2], [1, 2]], (3, 5)).astype(int)
        array([[0, 1, 1, 1, 0],
               [0, 1, 1, 1, 0],
               [0, 0, 0, 0, 0]])
    """
    from skimage.draw import polygon2mask

    points = np.asarray(points, float).reshape(-1, 2)
    # Pixel middles are the whole numbers there; the nudge decides for middles that lie on an edge.
    return polygon2mask(size, points[:, ::-1] - 0.5 + 1e-9)


def _draw(segmentation, size, what):
    if isinstance(segmentation, dict):
        if tuple(segmentation.get("size", ())) != tuple(size):
            raise InputError(f"{what} is a mask of {segmentation.get('size')}, the image is {list(size)}.")
        try:
            return rle.decode(segmentation)
        except (InputError, KeyError) as error:
            raise InputError(f"{what} has broken run lengths: {error}") from None
    if not isinstance(segmentation, list) or any(len(part) < 6 or len(part) % 2 for part in segmentation):
        raise InputError(f"{what} has no segmentation: neither run lengths nor polygons of at least three points.")
    masks = [polygon_mask(np.reshape(part, (-1, 2)), size) for part in segmentation]
    return np.logical_or.reduce(masks) if masks else np.zeros(size, bool)


def _file_names(file_names, count):
    names = [f"{number:012}.png" for number in range(1, count + 1)] if file_names is None else list(file_names)
    if len(names) != count:
        raise InputError(f"file_names must name each of the {count} images, got {len(names)}.")
    return names


def _content(classes, names, sizes):
    """A file without annotations."""
    return {
        "images": [
            {"id": number, "file_name": str(name), "height": int(height), "width": int(width)}
            for number, (name, (height, width)) in enumerate(zip(names, sizes, strict=True), 1)
        ],
        "categories": [{"id": number, "name": str(name)} for number, name in enumerate(classes, 1)],
        "annotations": [],
    }
