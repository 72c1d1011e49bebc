"""Weights per pixel that teach a network the narrow gaps between objects.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), section 3,
equation 2.
"""

import math

import numpy as np
from scipy import ndimage

from seglab.errors import InputError

# Added weights below this are left out: float32 cannot tell 1 from 1 plus as much.
_NEGLIGIBLE = 1e-8


def border_weights(instances, *, w0=10.0, sigma=5.0, class_weights=(1.0, 1.0)):
    """Weigh background pixels the more, the closer the two nearest objects are.

    A background pixel has the weight `w_background + w0 exp(-(d1 + d2)**2 / (2 sigma**2))`; `d1` and `d2` are its
    distances to the nearest pixel of the nearest object and of the second nearest, in pixels. Where there are fewer
    than two objects, nothing is added. A pixel of an object has the weight of the foreground alone: the paper prints
    the formula for every pixel, for the sake of the background between cells.

    Objects that touch have no background between them: see `separate_touching`.

    Args:
        instances: Integer array (H, W), 0 = background, one number per object.
        w0: Largest added weight, at least 0.
        sigma: How far it reaches, in pixels, above 0.
        class_weights: Weight of the background and of the foreground, to balance the two; at least 0 each.

    Returns:
        float32 array (H, W).

    Raises:
        InputError: If an argument has the wrong shape or range.
        TypeError: If `instances` are not integers.

    Example:
        >>> [round(float(weight), 4) for weight in border_weights(np.array([[1, 0, 2, 2, 0]]))[0]]
        [1.0, 10.2312, 1.0, 1.0, 7.0653]
    """
    instances = _check_instances(instances)
    if not w0 >= 0 or not sigma > 0:
        raise InputError(f"w0 must be at least 0 and sigma above 0, got {w0!r} and {sigma!r}. The paper: 10 and 5.")
    if len(class_weights) != 2 or not all(weight >= 0 for weight in class_weights):
        raise InputError(f"class_weights must be (background, foreground), each at least 0, got {class_weights!r}")
    background = instances == 0
    weights = np.where(background, *map(float, class_weights))
    if w0 > _NEGLIGIBLE:
        reach = math.ceil(sigma * math.sqrt(2 * math.log(w0 / _NEGLIGIBLE)))
        nearest, second = _two_distances(instances, reach)
        weights += background * w0 * np.exp(-((nearest + second) ** 2) / (2 * sigma**2))  # inf adds 0
    return weights.astype(np.float32)


def separate_touching(instances):
    """Turn the pixels where two objects touch into background, on both sides.

    Args:
        instances: Integer array (H, W), 0 = background, one number per object.

    Returns:
        New array of the same shape and type: 0 where one of the eight neighbors belongs to another object. An object
        of two pixels' width vanishes where others touch it on both sides.

    Raises:
        InputError: If the shape or range is wrong.
        TypeError: If `instances` are not integers.

    Example:
        >>> separate_touching(np.array([[1, 1, 1, 2, 2, 0, 3]]))
        array([[1, 1, 0, 0, 2, 0, 3]])
    """
    instances = _check_instances(instances)
    largest = ndimage.maximum_filter(instances, size=3, mode="nearest")
    no_zeros = np.where(instances == 0, instances.max(), instances)  # background must not count as the smallest
    smallest = ndimage.minimum_filter(no_zeros, size=3, mode="nearest")
    return np.where((instances > 0) & (largest != smallest), 0, instances).astype(instances.dtype)


def _two_distances(instances, reach):
    """Distances (H, W) to the nearest object and to the second nearest; inf beyond `reach` at least.

    Each object measures distances only in the window that it reaches.
    """
    nearest, second = np.full((2, *instances.shape), np.inf)
    numbers, contiguous = np.unique(instances, return_inverse=True)
    contiguous = contiguous.reshape(instances.shape) + (numbers[0] != 0)  # 0 stays background
    for number, (rows, cols) in enumerate(ndimage.find_objects(contiguous), start=1):
        window = (
            slice(max(rows.start - reach, 0), rows.stop + reach),
            slice(max(cols.start - reach, 0), cols.stop + reach),
        )
        distance = ndimage.distance_transform_edt(contiguous[window] != number)
        second[window] = np.minimum(second[window], np.maximum(nearest[window], distance))
        nearest[window] = np.minimum(nearest[window], distance)
    return nearest, second


def _check_instances(instances):
    instances = np.asarray(instances)
    if not np.issubdtype(instances.dtype, np.integer):
        raise TypeError(f"instances must be of an integer type, got {instances.dtype}. Number the objects from 1.")
    if instances.ndim != 2 or instances.size == 0:
        raise InputError(f"instances must be (H, W) with pixels, got the shape {instances.shape}. Pass one image.")
    if instances.min() < 0:
        raise InputError(f"instances must be at least 0 (0 = background), got {instances.min()}")
    return instances
