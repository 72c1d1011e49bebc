"""Ids of panoptic maps: category and instance in one integer, COCO's three color bytes, COCO's list of segments.

Everywhere in this package a panoptic map holds `category * 1000 + instance`. Stuff has instance 0; a pixel of category
`ignore_class` is void: nobody knows what it shows. COCO's files number the segments of an image freely instead, write
the number as R + 256 G + 65536 B, keep 0 for void, and list what each number means (Kirillov, He, Girshick, Rother and
Dollar, "Panoptic Segmentation", CVPR 2019; the format is that of the authors' program).
"""

import numpy as np

from seglab.errors import InputError
from seglab.labels.maps import IGNORE, check_integers

_LARGEST = np.iinfo(np.int32).max


def encode_panoptic(categories, instances, *, max_instances=1000):
    """Put the category and the instance of each pixel into one id.

    Args:
        categories: Integer array of any shape, values from 0.
        instances: Integer array of the same shape or one that broadcasts to it, values in `[0, max_instances)`;
            0 for stuff.
        max_instances: Factor of the category in the id.

    Returns:
        int32 array: `categories * max_instances + instances`.

    Raises:
        TypeError: If either array is not of integer type.
        InputError: If shapes do not fit, a value is outside its range, or an id has no place in 32 bits.

    Example:
        >>> encode_panoptic(np.array([[2, 2, 7]]), np.array([[1, 2, 0]]))
        array([[2001, 2002, 7000]], dtype=int32)
    """
    categories, instances = check_integers("categories", categories), check_integers("instances", instances)
    _check_range("instances", instances, max_instances, "Set max_instances?")
    _check_range("categories", categories, _LARGEST // max_instances, "Write void as category 255?")
    try:
        return categories.astype(np.int32) * np.int32(max_instances) + instances.astype(np.int32)
    except ValueError:
        raise InputError(
            f"categories and instances must have shapes that fit, got {categories.shape} and {instances.shape}."
        ) from None


def decode_panoptic(ids, *, max_instances=1000):
    """Take the ids of a panoptic map apart.

    Args:
        ids: Integer array of any shape, values from 0.
        max_instances: Factor of the category in the id.

    Returns:
        `(categories, instances)`, two int32 arrays of the same shape.

    Raises:
        TypeError: If `ids` is not of integer type.
        InputError: If an id is negative or has no place in 32 bits.

    Example:
        >>> decode_panoptic(np.array([[2001, 2002, 7000]]))
        (array([[2, 2, 7]], dtype=int32), array([[1, 2, 0]], dtype=int32))
    """
    ids = check_integers("ids", ids)
    _check_range("ids", ids, _LARGEST, "Write void as category 255?")
    categories, instances = np.divmod(ids.astype(np.int32), np.int32(max_instances))
    return categories, instances


def rgb_to_ids(rgb):
    """Read the segment ids of a COCO panoptic PNG: R + 256 G + 65536 B.

    Args:
        rgb: Integer array `(..., H, W, 3)` with values in [0, 255], as in the file.

    Returns:
        int32 array `(..., H, W)`.

    Raises:
        TypeError: If `rgb` is not of integer type.
        InputError: If the last axis is not 3 or a value is outside [0, 255].

    Example:
        >>> rgb_to_ids(np.array([[[7, 1, 0], [0, 0, 1]]], np.uint8))
        array([[  263, 65536]], dtype=int32)
    """
    rgb = check_integers("rgb", rgb)
    if rgb.ndim < 1 or rgb.shape[-1] != 3:
        raise InputError(f"rgb must have shape (..., H, W, 3), got {rgb.shape}. Convert the picture to RGB?")
    _check_range("rgb", rgb, 256, "Is it an id map already?")
    red, green, blue = np.moveaxis(rgb.astype(np.int32), -1, 0)
    return red | green << 8 | blue << 16


def ids_to_rgb(ids):
    """Write segment ids as the three color bytes of a COCO panoptic PNG.

    Args:
        ids: Integer array `(..., H, W)` with values in [0, 256^3).

    Returns:
        uint8 array `(..., H, W, 3)`.

    Raises:
        TypeError: If `ids` is not of integer type.
        InputError: If an id is outside [0, 256^3).

    Example:
        >>> ids_to_rgb(np.array([[263, 65536]]))
        array([[[7, 1, 0],
                [0, 0, 1]]], dtype=uint8)
    """
    ids = check_integers("ids", ids)
    _check_range("ids", ids, 1 << 24, "Three bytes hold no more: number the segments anew.")
    return np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)  # (..., H, W, 3)


def panoptic_from_segments(ids, segments_info, *, things=None, ignore_class=IGNORE, max_instances=1000):
    """Turn COCO's segment ids and list of segments into a panoptic map.

    Args:
        ids: Integer array `(H, W)`, the segment of each pixel; 0 is void. Of a file: `rgb_to_ids(picture)`.
        segments_info: List of dicts with `id` and `category_id`, and with `iscrowd` 1 for a region of many objects
            that nobody has told apart; COCO's other entries are not looked at.
        things: Categories whose segments are numbered from 1 in the order of the list; segments of any other category
            get instance 0, hence become one. Numbers those of every category if `None`.
        ignore_class: Category that void pixels get.
        max_instances: Factor of the category in the id.

    Returns:
        `(panoptic, crowds)`: int32 array `(H, W)`, and a tuple of the ids in it that are crowd regions.

    Raises:
        TypeError: If `ids` is not of integer type.
        InputError: If a pixel's id is not in the list, an id of the list is 0, is there twice or has no pixel, a
            category is `ignore_class`, or a category has too many segments.

    Example:
        >>> ids = np.array([[5, 5, 9], [0, 8, 9]])
        >>> segments = [dict(id=5, category_id=3), dict(id=9, category_id=3), dict(id=8, category_id=1, iscrowd=1)]
        >>> panoptic_from_segments(ids, segments)
        (array([[  3001,   3001,   3002],
               [255000,   1001,   3002]], dtype=int32), (1001,))
    """
    ids = check_integers("ids", ids)
    present, place = np.unique(ids, return_inverse=True)
    new_ids, numbered, crowds = {0: ignore_class * max_instances}, {}, []
    for segment in segments_info:
        number, category = segment["id"], segment["category_id"]
        if number in new_ids:
            raise InputError(f"segments_info must name each id once and leave 0 to void, got {number} again.")
        if category == ignore_class:
            raise InputError(f"segment {number} has category {category}, which is ignore_class. Set ignore_class?")
        instance = 0
        if things is None or category in things:
            instance = numbered[category] = numbered.get(category, 0) + 1
        new_ids[number] = int(encode_panoptic(category, instance, max_instances=max_instances))
        if segment.get("iscrowd"):
            crowds.append(new_ids[number])
    listed, drawn = set(new_ids), set(present.tolist())
    if drawn - listed:
        raise InputError(f"ids hold segment {min(drawn - listed)}, which segments_info does not name.")
    if listed - drawn - {0}:
        raise InputError(f"segments_info names segment {min(listed - drawn - {0})}, which has no pixel.")
    table = np.array([new_ids[number] for number in present.tolist()], np.int32)
    return table[place.reshape(ids.shape)], tuple(sorted(set(crowds)))


def segments_from_panoptic(panoptic, *, crowds=(), ignore_class=IGNORE, max_instances=1000):
    """Turn a panoptic map into COCO's segment ids and list of segments, as its result files want them.

    Args:
        panoptic: Integer array `(H, W)`, `category * max_instances + instance`.
        crowds: Ids in it that are crowd regions.
        ignore_class: Category of void pixels.
        max_instances: Factor of the category in the id.

    Returns:
        `(ids, segments_info)`: int32 array `(H, W)` with 0 for void and the segments numbered from 1 in the order of
        their ids, for `ids_to_rgb`; and a list of dicts with `id`, `category_id`, `area` in pixels and `iscrowd`.

    Raises:
        TypeError: If `panoptic` is not of integer type.
        InputError: If an id is negative.

    Example:
        >>> segments_from_panoptic(np.array([[3001, 3001, 255000]]))
        (array([[1, 1, 0]], dtype=int32), [{'id': 1, 'category_id': 3, 'area': 2, 'iscrowd': 0}])
    """
    panoptic = check_integers("panoptic", panoptic)
    present, place, areas = np.unique(panoptic, return_inverse=True, return_counts=True)
    categories, _ = decode_panoptic(present, max_instances=max_instances)
    known = categories != ignore_class
    numbers = np.where(known, known.cumsum(), 0).astype(np.int32)
    segments_info = [
        {"id": number, "category_id": category, "area": area, "iscrowd": int(segment in crowds)}
        for segment, number, category, area in zip(
            present.tolist(), numbers.tolist(), categories.tolist(), areas.tolist(), strict=True
        )
        if number
    ]
    return numbers[place.reshape(panoptic.shape)], segments_info


def _check_range(name, values, limit, remedy):
    if values.size and (values.min() < 0 or values.max() >= limit):
        raise InputError(f"{name} must lie in [0, {limit}), got values from {values.min()} to {values.max()}. {remedy}")
