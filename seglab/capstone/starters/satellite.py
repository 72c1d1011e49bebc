"""A rule, no network: what is blue is water, and what is gray and brighter than most of the picture is built."""

import numpy as np

TRACK = "satellite"


def predict(image):
    """Label every pixel of one image.

    Args:
        image: float32 array (H, W, 3) in [0, 1].

    Returns:
        Labels, int32 (H, W): 0 land, 1 built, 2 water.
    """
    labels = np.where(image[..., 2] > image[..., 1], 2, 0).astype("int32")
    gray = image.mean(axis=-1)
    labels[gray > np.quantile(gray, 0.98)] = 1
    return labels
