"""A color per class, told apart with and without red-green color blindness."""

from functools import lru_cache

import numpy as np

from seglab.errors import InputError

_BACKGROUND = (32, 32, 32)
IGNORED_COLOR = (255, 255, 255)
"""Color of a pixel that does not count: white."""
# Okabe and Ito, "Color Universal Design" (2008), without black, which is too close to the background.
_OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
# How linear RGB looks with normal vision, protanopia and deuteranopia: Machado, Oliveira and Fernandes, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), table 1, severity 1.
_VISIONS = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ]
)
# Oklab, where Euclidean distance follows perceived difference: Ottosson, "A perceptual color space for image
# processing" (2020).
_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def class_colors(num_classes):
    """One color per class, told apart with and without red-green color blindness.

    Class 0 (background) is a dark gray, classes 1 to 7 are the set of Okabe and Ito; each further color is the one
    farthest from all earlier ones, and from the white of ignored pixels, for the eye that sees the least difference.
    A class keeps its color whatever `num_classes` is.

    Args:
        num_classes: Number of classes `K`, background included, from 1 to 256.

    Returns:
        uint8 array `(K, 3)`, RGB.

    Raises:
        InputError: If `num_classes` is not in [1, 256].

    Example:
        >>> class_colors(3)
        array([[ 32,  32,  32],
               [230, 159,   0],
               [ 86, 180, 233]], dtype=uint8)
    """
    if not 1 <= num_classes <= 256:
        raise InputError(f"num_classes must lie in [1, 256] to have a color each, got {num_classes}.")
    return np.array(_palette(int(num_classes)), np.uint8)


@lru_cache(maxsize=32)
def _palette(num_classes):
    colors = [_BACKGROUND, *_OKABE_ITO]
    if num_classes > len(colors):
        levels = np.arange(0, 256, 17)
        candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)  # (N, 3)
        seen = _as_seen(candidates)
        # Darker ones differ from the background in Oklab, but hardly on a projector.
        light_enough = seen[0, :, 0] > 0.4
        candidates, seen = candidates[light_enough], seen[:, light_enough]
        nearest = np.full(len(candidates), np.inf)
        for color in (*colors, IGNORED_COLOR):
            nearest = np.minimum(nearest, _difference(seen, _as_seen(np.array([color]))))
        while len(colors) < num_classes:
            best = int(nearest.argmax())
            colors.append(tuple(candidates[best].tolist()))
            nearest = np.minimum(nearest, _difference(seen, seen[:, best : best + 1]))
    return tuple(colors[:num_classes])


def _as_seen(rgb):
    """Oklab coordinates `(3, N, 3)` of uint8 colors `(N, 3)` for the three kinds of eye."""
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ _VISIONS.transpose(0, 2, 1), 0, 1)  # (3, N, 3)
    return np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T


def _difference(seen, others):
    """Distance `(N,)` for the eye that sees the least of it."""
    return np.linalg.norm(seen - others, axis=-1).min(axis=0)
