"""A rule, no network: each class has a usual color and a usual height in the picture; each piece of a car is a car."""

import numpy as np
from scipy import ndimage

TRACK = "street"
# Red, green, blue and place from the top (0) to the bottom (1): mean and spread by class, over 200 training images.
MEAN = np.array(
    [
        [0.35, 0.34, 0.34, 0.88],  # road
        [0.58, 0.50, 0.46, 0.39],  # building
        [0.62, 0.67, 0.77, 0.18],  # sky
        [0.35, 0.49, 0.24, 0.64],  # grass
        [0.43, 0.41, 0.39, 0.76],  # car
        [0.51, 0.40, 0.37, 0.64],  # person
    ]
)
SPREAD = np.array(
    [
        [0.11, 0.10, 0.10, 0.09],
        [0.18, 0.16, 0.12, 0.12],
        [0.14, 0.11, 0.14, 0.15],
        [0.09, 0.07, 0.09, 0.03],
        [0.28, 0.23, 0.23, 0.10],
        [0.27, 0.19, 0.18, 0.14],
    ]
)


def predict(image):
    """Give every pixel of one image its class, and every pixel of a car or person its object.

    Args:
        image: float32 array (H, W, 3) in [0, 1].

    Returns:
        Panoptic ids, int32 (H, W): category * 1000 + instance; stuff has instance 0.
    """
    rows = np.broadcast_to(np.linspace(0, 1, len(image))[:, None, None], (*image.shape[:2], 1))
    features = np.concatenate([image, rows], axis=-1)[..., None, :]  # (H, W, 1, 4)
    distance = (((features - MEAN) / SPREAD) ** 2 + 2 * np.log(SPREAD)).sum(axis=-1)  # (H, W, 6)
    categories = distance.argmin(axis=-1)
    panoptic = 1000 * categories
    for thing in (4, 5):
        instances, count = ndimage.label(categories == thing)
        areas = ndimage.sum_labels(np.ones(instances.shape), instances, np.arange(count + 1))
        small = (areas < 40)[instances] & (instances > 0)
        panoptic += instances
        panoptic[small] = 0  # crumbs become road
    return panoptic.astype("int32")
