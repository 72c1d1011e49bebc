"""Images drawn by code: they need no download, cost about a millisecond each, and every label is exact.

`shapes` is a semantic data set (discs, rectangles, triangles), `cells` an instance data set (overlapping ellipses).
Sample `i` depends on the seed, the split and `i` alone, so asking for more images changes none of the earlier ones.
"""

import math

import numpy as np
from scipy import ndimage

from seglab.datasets.drawing import draw_many, generator, smooth_noise, to_uint8

SHAPES = ("background", "disc", "rectangle", "triangle")
CELLS = ("background", "cell")
DEFAULT_SIZE = (64, 64)

# Mean color per shape class; every object is drawn with its own variation of it.
_TINTS = np.array([[0.80, 0.36, 0.30], [0.30, 0.48, 0.78], [0.74, 0.70, 0.26]], np.float32)
_MIN_CELL_PIXELS = 16


def shapes(count, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw discs, rectangles and triangles, some of them hollow, over a textured background.

    Colors hint at the class but do not give it away, and outlines are a few pixels thin: a network that loses
    resolution loses them.

    Args:
        count: Number of images `N`, at least 0.
        size: `(height, width)` in pixels, or one integer for both, at least 16. Objects grow with the shorter side.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`; the same seed gives different images in each.

    Returns:
        `(images, labels)`: float32 `(N, H, W, 3)` in [0, 1], and uint8 `(N, H, W)` with 0 background, 1 disc,
        2 rectangle, 3 triangle.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> images, labels = shapes(2, size=(48, 64), seed=0)
        >>> images.shape, labels.shape, labels.dtype
        ((2, 48, 64, 3), (2, 48, 64), dtype('uint8'))
    """
    return draw_many(draw_shapes, count, size, seed, split, np.uint8)


def cells(count, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw 5 to 15 elliptic cells that touch and cover each other.

    Each pixel belongs to the topmost cell there (modal masks). A cell that is hidden but for a few pixels is dropped.
    How much they overlap is fixed: half of the cells are placed over the edge of an earlier one, and about a fifth of
    the area of all cells lies under another cell.

    Args:
        count: Number of images `N`, at least 0.
        size: `(height, width)` in pixels, or one integer for both, at least 16. Cells grow with the shorter side.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`; the same seed gives different images in each.

    Returns:
        `(images, instances)`: float32 `(N, H, W, 3)` in [0, 1], and int32 `(N, H, W)` with 0 for no cell and
        `1..n` for the cells of that image.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> images, instances = cells(1, size=64, seed=3)
        >>> int(instances.min()), 2 <= int(instances.max()) <= 15
        (0, True)
    """
    return draw_many(draw_cells, count, size, seed, split, np.int32)


def draw_shapes(index, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw sample `index` of `shapes`.

    Args:
        index: Position of the sample in its split, at least 0.
        size: `(height, width)` in pixels.
        seed: Non-negative integer.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        `(image, labels)`: uint8 `(H, W, 3)` and uint8 `(H, W)`.

    Example:
        >>> image, labels = draw_shapes(7)
        >>> image.dtype, labels.shape
        (dtype('uint8'), (64, 64))
    """
    rng = generator(0, index, seed, split)
    height, width = size
    side = min(height, width)
    rows, cols = np.ogrid[:height, :width]
    image = _background(rng, height, width)
    labels = np.zeros(size, np.uint8)
    for _ in range(rng.integers(2, 6)):
        label = int(rng.integers(1, 4))
        radius = side * rng.uniform(0.08, 0.23)
        center = rng.uniform(0.08, 0.92) * height, rng.uniform(0.08, 0.92) * width
        distance = _signed_distance(label, rows - center[0], cols - center[1], radius, rng)
        if rng.random() < 0.4:
            thickness = max(1.6, radius * rng.uniform(0.2, 0.4))
            distance = np.maximum(distance, -distance - thickness)
        color = _TINTS[label - 1] + rng.normal(0, 0.08, 3) + rng.normal(0, 0.05)
        angle = rng.uniform(0, 2 * math.pi)
        light = (np.sin(angle) * (rows - center[0]) + np.cos(angle) * (cols - center[1])) * (0.14 / radius)
        cover = np.clip(0.5 - distance, 0, 1)[..., None]  # (H, W, 1), one pixel of antialiasing
        image += cover * (color + light[..., None] - image)
        labels[distance < 0] = label
    image += smooth_noise(rng, height, width, 2.0, 0.03)[..., None]
    image += rng.normal(0, 0.045, image.shape)
    return to_uint8(image), labels


def draw_cells(index, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw sample `index` of `cells`.

    Args:
        index: Position of the sample in its split, at least 0.
        size: `(height, width)` in pixels.
        seed: Non-negative integer.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        `(image, instances)`: uint8 `(H, W, 3)` and int32 `(H, W)`.

    Example:
        >>> image, instances = draw_cells(7)
        >>> image.dtype, instances.shape
        (dtype('uint8'), (64, 64))
    """
    rng = generator(1, index, seed, split)
    height, width = size
    unit = min(height, width) / 64
    rows, cols = np.ogrid[:height, :width]
    depth = rng.uniform(0.1, 0.18) + smooth_noise(rng, height, width, 8 * unit, 0.03)
    texture = smooth_noise(rng, height, width, 1.3 * unit, 0.05)
    instances = np.zeros(size, np.int32)
    centers = []
    for number in range(1, rng.integers(5, 16) + 1):
        major = rng.uniform(5, 9) * unit
        minor = major * rng.uniform(0.45, 1)
        angle = rng.uniform(0, math.pi)
        if centers and rng.random() < 0.5:
            row, col = centers[rng.integers(len(centers))]
            way, far = rng.uniform(0, 2 * math.pi), rng.uniform(0.7, 1.1) * (major + 5 * unit)
            row, col = row + far * math.sin(way), col + far * math.cos(way)
        else:
            row, col = rng.uniform(2, height - 2), rng.uniform(2, width - 2)
        row, col = min(max(row, 0), height - 1), min(max(col, 0), width - 1)
        centers.append((row, col))
        cos, sin = math.cos(angle), math.sin(angle)
        along = ((cols - col) * cos + (rows - row) * sin) / major
        across = ((rows - row) * cos - (cols - col) * sin) / minor
        radius2 = along**2 + across**2  # 1 on the ellipse
        inside = radius2 < 1
        brightness = rng.uniform(0.5, 0.95)
        shade = brightness * (1 - 0.25 * radius2) - 0.16 * (radius2 > 0.7)
        shift = rng.integers(0, height), rng.integers(0, width)
        depth[inside] = (shade + np.roll(texture, shift, (0, 1)))[inside]
        instances[inside] = number
    depth = ndimage.gaussian_filter(depth, 0.5)
    # A fluorescence look: dark cyan where little dye is, pale green where much is.
    tint = np.array([0.55, 1.0, 0.8]) + rng.normal(0, 0.03, 3)
    image = depth[..., None] * tint + 0.25 * np.maximum(depth - 0.6, 0)[..., None]
    image += rng.normal(0, 0.035, (height, width, 1)) + rng.normal(0, 0.012, image.shape)
    return to_uint8(image), _drop_small(instances)


def _background(rng, height, width):
    """Gray-brown ground: a gradient, blotches and one or two soft stripes that are no object."""
    rows, cols = np.ogrid[:height, :width]
    angle = rng.uniform(0, 2 * math.pi)
    ramp = np.sin(angle) * (rows / height - 0.5) + np.cos(angle) * (cols / width - 0.5)
    shade = 0.46 + 0.2 * ramp + smooth_noise(rng, height, width, min(height, width) / 10, 0.06)
    image = shade[..., None] + rng.normal(0, 0.05, 3)  # (H, W, 3)
    for _ in range(rng.integers(0, 3)):
        angle = rng.uniform(0, math.pi)
        across = np.sin(angle) * (rows - rng.uniform(0, height)) + np.cos(angle) * (cols - rng.uniform(0, width))
        stripe = np.clip(rng.uniform(0.5, 1.6) - np.abs(across), 0, 1)
        image += stripe[..., None] * rng.uniform(-0.18, 0.18)
    return image


def _signed_distance(label, rows, cols, radius, rng):
    """Signed distance in pixels to a disc (1), rectangle (2) or triangle (3) around the origin; negative inside."""
    if label == 1:
        return np.sqrt(rows**2 + cols**2) - radius
    angle = rng.uniform(0, 2 * math.pi)
    along = np.cos(angle) * cols + np.sin(angle) * rows
    across = np.cos(angle) * rows - np.sin(angle) * cols
    if label == 2:
        half = radius * rng.uniform(0.42, 0.95)
        return np.maximum(np.abs(along) - radius * 0.95, np.abs(across) - half)
    inner = radius * 0.62  # of the inscribed circle
    slope = math.sqrt(3) / 2
    return np.maximum(along, np.abs(across) * slope - along / 2) - inner


def _drop_small(instances):
    areas = np.bincount(instances.ravel())
    keep = areas >= _MIN_CELL_PIXELS
    keep[0] = False
    numbers = np.zeros(len(areas), np.int32)
    numbers[keep] = np.arange(1, keep.sum() + 1)
    return numbers[instances]
