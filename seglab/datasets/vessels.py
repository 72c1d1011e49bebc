"""Vessels drawn by code: dark curves 1 to 3 pixels wide that branch and taper, on a ground like that of the eye.

About one pixel in fifteen is a vessel, and most of the vessel's pixels lie on its edge: what a loss does with a rare
class shows here. Neither color nor darkness alone gives the vessels away: dark blotches and the frame are no vessels.
"""

import math

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from seglab.datasets.drawing import draw_many, generator, smooth_noise, to_uint8

VESSELS = ("background", "vessel")
DEFAULT_SIZE = (64, 64)

_STEP = 0.5  # pixels between two points of a curve
_WIDTHS = (1.0, 3.2)  # in pixels, at every size of the picture
_GROUND = np.array([0.74, 0.42, 0.26])
_BLOOD = np.array([0.30, 0.34, 0.26])  # what a vessel takes away of the ground


def vessels(count, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw branching vessels on a retina-like background.

    Widths are those of the pixels at every size: a larger picture has more vessels, not thicker ones.

    Args:
        count: Number of images `N`, at least 0.
        size: `(height, width)` in pixels, or one integer for both, at least 16.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`; the same seed gives different images in each.

    Returns:
        `(images, labels)`: float32 `(N, H, W, 3)` in [0, 1], and uint8 `(N, H, W)` with 0 background, 1 vessel.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> images, labels = vessels(20, seed=0)
        >>> images.shape, labels.dtype, 0.05 < labels.mean() < 0.08
        ((20, 64, 64, 3), dtype('uint8'), np.True_)
    """
    return draw_many(draw_vessels, count, size, seed, split, np.uint8)


def draw_vessels(index, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw sample `index` of `vessels`.

    Args:
        index: Position of the sample in its split, at least 0.
        size: `(height, width)` in pixels.
        seed: Non-negative integer.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        `(image, labels)`: uint8 `(H, W, 3)` and uint8 `(H, W)`.

    Example:
        >>> image, labels = draw_vessels(7)
        >>> image.dtype, sorted(set(labels.ravel().tolist()))
        (dtype('uint8'), [0, 1])
    """
    rng = generator(3, index, seed, split)
    height, width = size
    image = _retina(rng, height, width)
    points, radii = _tree(rng, height, width)
    rows, cols = np.mgrid[:height, :width]
    distance, nearest = KDTree(points).query(np.stack([rows.ravel(), cols.ravel()], axis=1))
    distance, radius = distance.reshape(size), radii[nearest].reshape(size)
    cover = np.clip(radius + 0.5 - distance, 0, 1)  # (H, W), one pixel of antialiasing
    # Thin vessels hold less blood and are paler.
    depth = cover * (0.16 + 0.44 * radius / (_WIDTHS[1] / 2)) * (1 + smooth_noise(rng, height, width, 4.0, 0.15))
    image = image - np.clip(depth, 0, 1)[..., None] * _BLOOD
    image += smooth_noise(rng, height, width, 1.0, 0.02)[..., None]
    image += rng.normal(0, 0.045, image.shape)
    return to_uint8(image), (distance < radius).astype(np.uint8)


def _retina(rng, height, width):
    """Orange ground, darker towards the frame, with blotches that are no vessels; in some pictures a bright disc."""
    rows, cols = np.ogrid[:height, :width]
    ground = _GROUND * rng.uniform(0.85, 1.1) + rng.normal(0, 0.02, 3)
    shade = 1 + smooth_noise(rng, height, width, min(height, width) / 8, 0.07)
    center = rng.uniform(0.3, 0.7) * height, rng.uniform(0.3, 0.7) * width
    away = ((rows - center[0]) / height) ** 2 + ((cols - center[1]) / width) ** 2
    image = ground * (shade * (1 - 0.45 * away))[..., None]  # (H, W, 3)
    if rng.random() < 0.4:  # the blind spot, where the vessels enter the eye
        row, col = rng.uniform(0, height), rng.uniform(0, width)
        disc = np.clip(1.2 - np.hypot(rows - row, cols - col) / (0.13 * min(height, width)), 0, 1)
        image += disc[..., None] * np.array([0.16, 0.22, 0.14])
    spots = np.zeros((height, width))
    for _ in range(rng.poisson(height * width / 700)):
        spots[rng.integers(height), rng.integers(width)] = rng.uniform(3, 9)
    dark = np.clip(ndimage.gaussian_filter(spots, rng.uniform(1.0, 1.8), mode="constant") * 0.6, 0, 0.8)
    return image - dark[..., None] * _BLOOD


def _tree(rng, height, width):
    """Points `(n, 2)` along all vessels of a picture and the radius at each."""
    points, radii = [], []
    trunks = max(1, round((height + width) / 128 + rng.uniform(-0.5, 0.8)))
    queue = [(*_entry(rng, height, width), rng.uniform(2.2, _WIDTHS[1])) for _ in range(trunks)]
    while queue and len(radii) < 8000:
        row, col, heading, thickness = queue.pop()
        bend, until_branch = 0.0, rng.uniform(12, 30)
        while -2 < row < height + 1 and -2 < col < width + 1:
            bend = 0.9 * bend + rng.normal(0, 0.012)
            heading += bend
            row, col = row + _STEP * math.sin(heading), col + _STEP * math.cos(heading)
            points.append((row, col))
            radii.append(thickness / 2)
            thickness = max(_WIDTHS[0], thickness * 0.9975)
            until_branch -= _STEP
            if until_branch < 0 and thickness > 1.2:
                side = rng.choice([-1, 1])
                queue.append((row, col, heading + side * rng.uniform(0.5, 1.1), thickness * rng.uniform(0.55, 0.8)))
                heading -= side * rng.uniform(0.05, 0.3)
                thickness *= 0.88
                until_branch = rng.uniform(12, 30)
            if thickness <= _WIDTHS[0] and rng.random() < 0.012:
                break  # too thin to be seen
    return np.array(points), np.array(radii)


def _entry(rng, height, width):
    """A point on the frame, `(row, col)`, and a heading into the picture."""
    place, turn = rng.uniform(0.2, 0.8), rng.normal(0, 0.3)
    side = rng.integers(4)
    row, col = [(-1, place * width), (height, place * width), (place * height, -1), (place * height, width)][side]
    return row, col, (math.pi / 2, -math.pi / 2, 0.0, math.pi)[side] + turn
