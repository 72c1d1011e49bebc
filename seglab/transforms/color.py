"""Changes of color, which leave the labels alone."""

import numpy as np

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def adjust_color(image, *, brightness=0.0, contrast=1.0, saturation=1.0):
    """Change colors: first the saturation, then the contrast, then the brightness.

    Args:
        image: Float array `(H, W, 3)` in [0, 1].
        brightness: Added to every value.
        contrast: Factor on the distance from the image's mean gray; 1 changes nothing.
        saturation: Factor on the distance from each pixel's own gray; 0 gives a gray picture, 1 changes nothing.

    Returns:
        float32 array `(H, W, 3)`, clipped to [0, 1].

    Example:
        >>> adjust_color(np.full((1, 1, 3), 0.5), brightness=0.25)
        array([[[0.75, 0.75, 0.75]]], dtype=float32)
    """
    image = np.array(image, np.float32)
    if saturation != 1 or contrast != 1:
        gray = image @ _LUMA  # (H, W)
        if saturation != 1:
            image = gray[..., None] + (image - gray[..., None]) * np.float32(saturation)
        # What is left is one straight line per value: image * contrast + offset.
        brightness = brightness + (1 - contrast) * float(gray.mean())
        image *= np.float32(contrast)
    if brightness:
        image += np.float32(brightness)
    return np.clip(image, 0, 1, out=image)
