"""Satellite pictures drawn by code: land and water, and on them the few pixels that somebody built.

Small buildings, thin roads and ships are one class, about one pixel in fifty: a network that never finds it is right
for nearly all pixels. Neither brightness nor thinness gives it away: pale fields, bare soil, hedges, wakes and glints
are not built.
"""

import math

import numpy as np
from scipy.spatial import KDTree

from seglab.datasets.drawing import draw_many, generator, smooth_noise, to_uint8

# The order gives water the blue of the palette.
SATELLITE = ("land", "built", "water")
DEFAULT_SIZE = (64, 64)
LAND, BUILT, WATER = range(3)

_FIELDS = np.array(  # green crop, dark wood, meadow, brown soil, pale straw
    [[0.36, 0.46, 0.24], [0.24, 0.35, 0.22], [0.43, 0.50, 0.31], [0.47, 0.40, 0.30], [0.62, 0.58, 0.44]]
)
_ROOFS = np.array([[0.66, 0.40, 0.33], [0.60, 0.60, 0.62], [0.78, 0.76, 0.72], [0.42, 0.40, 0.42]])
_SEA, _ASPHALT, _SOIL, _HULL = np.array(
    [[0.13, 0.24, 0.36], [0.62, 0.60, 0.57], [0.68, 0.61, 0.50], [0.80, 0.79, 0.77]]
)
_HEDGE = np.array([0.19, 0.28, 0.17])
_PER_IMAGE = 64 * 64  # pixels to which the numbers of objects refer


def satellite(count, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw land with buildings and roads, and water with ships.

    Objects have the size of the pixels at every size: a larger picture shows more of them, not larger ones.

    Args:
        count: Number of images `N`, at least 0.
        size: `(height, width)` in pixels, or one integer for both, at least 16.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`; the same seed gives different images in each.

    Returns:
        `(images, labels)`: float32 `(N, H, W, 3)` in [0, 1], and uint8 `(N, H, W)` with 0 land, 1 built, 2 water.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> images, labels = satellite(60, seed=0)
        >>> images.shape, labels.dtype, 0.01 < (labels == 1).mean() < 0.03
        ((60, 64, 64, 3), dtype('uint8'), np.True_)
    """
    return draw_many(draw_satellite, count, size, seed, split, np.uint8)


def draw_satellite(index, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw sample `index` of `satellite`.

    Args:
        index: Position of the sample in its split, at least 0.
        size: `(height, width)` in pixels.
        seed: Non-negative integer.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        `(image, labels)`: uint8 `(H, W, 3)` and uint8 `(H, W)`.

    Example:
        >>> image, labels = draw_satellite(7)
        >>> image.dtype, labels.shape
        (dtype('uint8'), (64, 64))
    """
    rng = generator(4, index, seed, split)
    image = _land(rng, *size)
    labels = _water(rng, image)
    sun = rng.uniform(0, 2 * math.pi)
    _soil_and_trees(rng, image, labels, sun)
    share = size[0] * size[1] / _PER_IMAGE
    if rng.random() < 0.45:
        _road(rng, image, labels)
    for _ in range(1 + rng.poisson(1.8 * share)):
        _building(rng, image, labels, sun)
    for _ in range(rng.poisson(1.2 * share)):
        _ship(rng, image, labels)
    image *= rng.uniform(0.88, 1.1)  # haze and season
    image += smooth_noise(rng, *size, 0.8, 0.012)[..., None] + rng.normal(0, 0.018, image.shape)
    return to_uint8(image), labels


def _land(rng, height, width):
    """Fields with straight borders, each with a crop of its own; between some of them runs a hedge."""
    rows, cols = np.mgrid[:height, :width]
    number = max(3, round(height * width / 700))
    places = rng.uniform(0, 1, (number, 2)) * (height, width)
    angle, stretch = rng.uniform(0, math.pi), rng.uniform(1.0, 2.2)
    axes = np.array([[math.sin(angle), math.cos(angle)], [math.cos(angle), -math.sin(angle)]]) * [[1.0], [stretch]]
    points = np.stack([rows, cols], axis=-1) @ axes.T  # (H, W, 2), so that fields are longer than wide
    apart = np.linalg.norm(points[:, :, None] - places @ axes.T, axis=-1)  # (H, W, fields)
    nearest = np.sort(apart, axis=-1)[..., :2]
    colors = _FIELDS[rng.choice(len(_FIELDS), number, p=[0.28, 0.2, 0.22, 0.18, 0.12])]
    image = (colors + rng.normal(0, 0.02, colors.shape))[apart.argmin(axis=-1)]  # (H, W, 3)
    image += smooth_noise(rng, height, width, 3.0, 0.025)[..., None]
    hedge = np.clip(1.0 - (nearest[..., 1] - nearest[..., 0]), 0, 1) * rng.uniform(0.2, 0.9)
    return image + hedge[..., None] * (_HEDGE - image)


def _water(rng, image):
    """Flood a part of most pictures, with glints that are no ships; return the labels so far."""
    height, width = image.shape[:2]
    labels = np.zeros((height, width), np.uint8)
    ground = smooth_noise(rng, height, width, min(height, width) / 6, 1.0)
    share, glint = rng.uniform(0.15, 0.55), rng.random((height, width)) < 0.002
    if rng.random() < 0.7:
        depth = np.quantile(ground, share) - ground  # above 0 in the water
        labels[depth > 0] = WATER
        cover = np.clip(depth * 12 + 0.5, 0, 1)[..., None]
        sea = _SEA + smooth_noise(rng, height, width, 1.5, 0.018)[..., None] + 0.35 * glint[..., None]
        image += cover * (sea - image)
    return labels


def _soil_and_trees(rng, image, labels, sun):
    """Round spots without a sharp corner: bare soil as pale as a roof, and trees with their shadow."""
    height, width = labels.shape
    rows, cols = np.ogrid[:height, :width]
    for number in range(rng.poisson(7 * height * width / _PER_IMAGE)):
        row, col, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(1.2, 3.0)
        for color, shift in ((_SOIL, 0),) if number % 2 else ((0.45 * _HEDGE, 1.2), (_HEDGE, 0)):
            away = np.hypot(rows - row - shift * math.sin(sun), cols - col - shift * math.cos(sun))
            cover = np.clip((radius - away) * (0.5 if number % 2 else 1.0), 0, 0.9) * (labels == LAND)
            image += cover[..., None] * (color - image)


def _road(rng, image, labels):
    """A thin bent line over the land, which ends somewhere."""
    height, width = labels.shape
    rows, cols = np.mgrid[:height, :width]
    heading, bend = rng.uniform(0, 2 * math.pi), rng.normal(0, 0.008)
    start = rng.uniform(0.1, 0.9) * height, rng.uniform(0.1, 0.9) * width
    headings = heading + bend * np.arange(int(rng.uniform(0.5, 0.9) * min(height, width)))
    steps = np.stack([np.sin(headings), np.cos(headings)], axis=1)
    course = np.array(start) + np.cumsum(steps, axis=0)  # (n, 2), a pixel apart
    away, _ = KDTree(course).query(np.stack([rows.ravel(), cols.ravel()], axis=1))
    half = rng.uniform(0.65, 1.0)
    _put(image, labels, half - away.reshape(labels.shape), _ASPHALT * rng.uniform(0.8, 1.08), LAND)


def _building(rng, image, labels, sun):
    """A roof with a ridge, one half in the light, and a shadow on the ground."""
    row, col = _place(rng, labels, LAND)
    angle, long, short = rng.uniform(0, math.pi), rng.uniform(1.7, 3.2), rng.uniform(1.3, 2.2)
    roof = _ROOFS[rng.integers(len(_ROOFS))] + rng.normal(0, 0.03, 3)
    shift = 1.5 * math.sin(sun), 1.5 * math.cos(sun)
    shadow, _ = _rectangle(labels.shape, row + shift[0], col + shift[1], angle, long, short)
    image *= 1 - 0.5 * np.clip(shadow + 0.5, 0, 1)[..., None] * (labels == LAND)[..., None]
    inside, across = _rectangle(labels.shape, row, col, angle, long, short)
    light = 1 + 0.12 * np.sign(across * math.cos(angle - sun))
    _put(image, labels, inside, roof * light[..., None], LAND)


def _ship(rng, image, labels):
    """A bright hull, pointed at both ends, with a wake that is only water."""
    if not (labels == WATER).any():
        return
    row, col = _place(rng, labels, WATER)
    angle, long, short = rng.uniform(0, 2 * math.pi), rng.uniform(2.2, 4.0), rng.uniform(0.9, 1.3)
    wake, _ = _rectangle(
        labels.shape, row - 2.2 * long * math.sin(angle), col - 2.2 * long * math.cos(angle), angle, 1.4 * long, 0.7
    )
    image += (np.clip(wake + 0.5, 0, 1) * (labels == WATER) * 0.22)[..., None]
    along, across = _axes(labels.shape, row, col, angle)
    inside = short * (1 - (along / long) ** 2) - np.abs(across)
    _put(image, labels, np.where(np.abs(along) > long, -1.0, inside), _HULL * rng.uniform(0.75, 1.1), WATER)


def _place(rng, labels, klass):
    """A random pixel of a class, `(row, col)`; of any class where there is none."""
    found = np.flatnonzero(labels == klass)
    return divmod(int(found[rng.integers(len(found))]) if len(found) else labels.size // 2, labels.shape[1])


def _axes(shape, row, col, angle):
    """Coordinates of every pixel along and across a direction, in pixels from a point."""
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    sin, cos = math.sin(angle), math.cos(angle)
    return (cols - col) * cos + (rows - row) * sin, (rows - row) * cos - (cols - col) * sin


def _rectangle(shape, row, col, angle, long, short):
    """`(inside, across)`: how far inside a rectangle each pixel is, negative outside, and its place across."""
    along, across = _axes(shape, row, col, angle)
    return np.minimum(long - np.abs(along), short - np.abs(across)), across


def _put(image, labels, inside, color, ground):
    """Paint what is inside, half a pixel soft, and label it; it stands on its ground alone."""
    allowed = (labels == ground) | (labels == BUILT)
    cover = np.clip(inside + 0.5, 0, 1) * allowed
    image += cover[..., None] * (color - image)
    labels[(inside > 0) & allowed] = BUILT
