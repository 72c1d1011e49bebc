"""What a street is painted of: a car, a person, and the scenery behind them.

Everything is a signed distance in pixels, negative inside: one pixel of antialiasing in the image, none in the mask.
"""

import numpy as np

from seglab.datasets.drawing import smooth_noise

_PAINTS = np.array([(0.80, 0.17, 0.15), (0.15, 0.36, 0.70), (0.93, 0.93, 0.91), (0.24, 0.26, 0.30),
                    (0.93, 0.70, 0.16), (0.16, 0.52, 0.44), (0.64, 0.67, 0.71)])  # fmt: skip
_FACADES = np.array([(0.72, 0.45, 0.36), (0.84, 0.75, 0.60), (0.58, 0.60, 0.64), (0.66, 0.52, 0.48),
                     (0.80, 0.80, 0.77), (0.52, 0.36, 0.32)])  # fmt: skip
_SKINS = np.array([(0.95, 0.78, 0.65), (0.76, 0.56, 0.42), (0.46, 0.31, 0.23)])
_HAIRS = np.array([(0.12, 0.10, 0.09), (0.36, 0.22, 0.12), (0.74, 0.58, 0.32)])
_CLOTHES = np.array([(0.82, 0.22, 0.30), (0.22, 0.28, 0.54), (0.16, 0.17, 0.20), (0.90, 0.86, 0.78),
                     (0.20, 0.54, 0.44), (0.88, 0.56, 0.18), (0.52, 0.34, 0.58)])  # fmt: skip
_GLASS, _TIRE, _HUB = np.array((0.13, 0.18, 0.23)), np.array((0.07, 0.07, 0.08)), np.array((0.68, 0.69, 0.71))
_FRONT, _REAR = np.array((0.99, 0.95, 0.74)), np.array((0.70, 0.07, 0.08))


class Sprite:
    """One object of a thing class: its parts, painted in order, and the mask of all of them.

    Args:
        size: `(height, width)` of the picture.
        center: Column of its middle, in pixels.
        ground: Row that it stands on, in pixels.
        scale: Pixels per unit of its own coordinates.
        facing: 1 to the right, -1 to the left.
    """

    def __init__(self, size, center, ground, scale, facing):
        self.center, self.ground, self.scale = center, ground, scale
        # Everything is computed in a window around the object, which is many times faster.
        first_row, last_row = (int(np.clip(ground + side * scale, 0, size[0])) for side in (-1.1, 0.2))
        first_col, last_col = (int(np.clip(center + side * scale, 0, size[1])) for side in (-1.3, 1.3))
        self.window = np.s_[first_row:last_row, first_col:last_col]
        rows, cols = np.ogrid[self.window]
        self.x = (cols + 0.5 - center) * (facing / scale)
        self.y = (ground - rows - 0.5) / scale
        self.mask = np.zeros(size, bool)
        self._parts = []

    def add(self, distance, color, shine=0.0):
        """Put on a part: its signed distance in own units, its color, and how much lighter it gets per unit upward."""
        self._parts.append((distance * self.scale, np.asarray(color) + shine * (self.y[..., None] - 0.35)))
        self.mask[self.window] |= distance < 0

    def paint(self, image):
        """Paint a soft shadow on the ground, then the parts, into a float image `(H, W, 3)`."""
        shadow = np.hypot(self.x / self.width, self.y / 0.09)
        view = image[self.window]
        view *= 1 - 0.45 * np.clip(1.25 - shadow, 0, 1)[..., None] * (self.y < 0.09)[..., None]
        for distance, color in self._parts:
            _cover(view, distance, color)


class Car(Sprite):
    """A car from the side, two units long."""

    width = 1.0

    def __init__(self, rng, size, center, ground, length):
        super().__init__(size, center, ground, length / 2, rng.choice([-1, 1]))
        x, y = self.x, self.y
        color = _PAINTS[rng.integers(len(_PAINTS))] + rng.normal(0, 0.02, 3)
        rear, front, height = rng.choice([(-0.66, 0.42, 0.76), (-0.94, 0.40, 0.80), (-0.90, 0.62, 0.86)])
        slopes = (0.10 if rear < -0.7 else 0.30, 0.34 if front < 0.5 else 0.26)
        roof = _trapezoid(x, y, (rear, front), (0.42, height), slopes) - 0.03
        self.add(roof, color, 0.30)
        self.add(_box(x, y, (0, 0.33), (0.97, 0.17)) - 0.03, color, 0.55)
        pillar = (rear + front) / 2 - 0.03
        for left, right, leans in (
            (rear + 0.09, pillar, (slopes[0], 0)),
            (pillar + 0.07, front - 0.06, (0, slopes[1])),
        ):
            self.add(_trapezoid(x, y, (left, right), (0.50, height - 0.05), leans), _GLASS, 0.5)
        self.add(_box(x, y, (0, 0.20), (0.98, 0.03)), color * 0.45)
        self.add(_box(x, y, (0.95, 0.39), (0.03, 0.05)), _FRONT)
        self.add(_box(x, y, (-0.955, 0.40), (0.025, 0.06)), _REAR)
        self.add(_box(x, y, (pillar - 0.12, 0.42), (0.06, 0.012)), color * 0.6)
        for wheel in (-0.58, 0.58):
            distance = np.hypot(x - wheel, y - 0.18)
            self.add(distance - 0.185, _TIRE)
            self.add(distance - 0.10, _HUB)


class Person(Sprite):
    """A walking person, one unit tall."""

    width = 0.22

    def __init__(self, rng, size, center, ground, tall):
        super().__init__(size, center, ground, tall, rng.choice([-1, 1]))
        x, y = self.x, self.y
        skin, hair = _SKINS[rng.integers(len(_SKINS))], _HAIRS[rng.integers(len(_HAIRS))]
        shirt, trousers = _CLOTHES[rng.choice(len(_CLOTHES), 2, replace=False)]
        step, swing = rng.uniform(0.05, 0.12), rng.uniform(0.06, 0.13)
        self.add(_capsule(x, y, (0.02, 0.70), (-swing, 0.47)) - 0.038, shirt * 0.75)  # the far arm
        for foot, shade in ((-step, 0.8), (step, 1.0)):
            self.add(_capsule(x, y, (0, 0.46), (foot, 0.04)) - 0.055, trousers * shade)
            self.add(_capsule(x, y, (foot, 0.025), (foot + 0.05, 0.025)) - 0.028, _TIRE)
        self.add(_capsule(x, y, (0, 0.71), (0, 0.50)) - 0.10, shirt, 0.25)
        self.add(_capsule(x, y, (0, 0.80), (0, 0.84)) - 0.035, skin * 0.9)
        head = np.hypot(x - 0.01, (y - 0.905) * 0.9)
        self.add(head - 0.08, skin)
        self.add(np.maximum(head - 0.088, 0.93 - y - 0.35 * np.maximum(-x, 0) * 3), hair)
        self.add(_capsule(x, y, (0.01, 0.70), (swing, 0.47)) - 0.038, shirt * 0.9)
        self.add(np.hypot(x - swing, y - 0.46) - 0.035, skin)


def scenery(rng, size, classes, top, bottom):
    """Paint sky, buildings, grass and road.

    Args:
        rng: A `numpy.random.Generator`.
        size: `(height, width)` in pixels.
        classes: Labels of road, building, sky and grass, in this order.
        top: RGB of the sky overhead, floats in [0, 1].
        bottom: RGB of the sky at the horizon.

    Returns:
        `(image, labels)`: float `(H, W, 3)`, not clipped, and uint8 `(H, W)`.
    """
    height, width = size
    road, building, sky, grass = classes
    rows, cols = np.mgrid[:height, :width] + 0.5
    image = top + np.clip(rows / (0.6 * height), 0, 1)[..., None] * (bottom - top)
    clouds = smooth_noise(rng, height, width, 0.07 * height, 0.5) + smooth_noise(rng, height, width, 0.03 * height, 0.2)
    image += 0.85 * np.clip(clouds - 0.25, 0, 1)[..., None] * (np.array((1.0, 1.0, 0.99)) - image)
    labels = np.full(size, sky, np.uint8)

    left = -0.2 * height * rng.random()
    while left < width:
        right = left + height * rng.uniform(0.24, 0.46)
        if rng.random() < 0.85:
            mask = _building(rng, image, rows, cols, left, right)
            labels[mask] = building
        left = right + (rng.random() < 0.3) * height * rng.uniform(0.03, 0.16)

    lawn = 0.60 * height - rows + 0.01 * height * np.sin(cols / height * rng.uniform(3, 9) + rng.uniform(0, 6))
    green = np.array((0.36, 0.56, 0.24)) + smooth_noise(rng, height, width, 0.02 * height, 0.03)[..., None]
    for _ in range(rng.integers(3, 8)):
        place, radius = width * rng.random(), height * rng.uniform(0.03, 0.065)
        bush = np.hypot((cols - place) * 0.85, rows - 0.615 * height) - radius
        bush += smooth_noise(rng, height, width, 0.012 * height, 0.012 * height)
        _cover(image, bush, green * (0.62 + 0.5 * np.clip((0.615 * height - rows) / radius, -0.3, 1)[..., None]))
        labels[bush < 0] = grass
    _cover(image, lawn, green * (0.75 + 2.2 * np.clip(rows / height - 0.58, 0, 0.2)[..., None]))
    labels[lawn < 0] = grass

    edge = 0.68 * height - rows
    _cover(image, edge, np.full(3, 0.70))
    asphalt = (
        0.34 + smooth_noise(rng, height, width, 0.8, 0.012) + smooth_noise(rng, height, width, 0.1 * height, 0.012)
    )
    asphalt = (asphalt + 0.12 * (rows / height - 0.8))[..., None] * np.array((0.98, 1.0, 1.04))
    _cover(image, edge + 0.022 * height, asphalt)
    period = 0.24 * height
    along = np.abs((cols + period * rng.random()) % period - period / 2) - 0.26 * period
    _cover(image, np.maximum(along, np.abs(rows - 0.835 * height) - 0.008 * height), np.array((0.88, 0.87, 0.82)))
    labels[edge < 0] = road
    return image, labels


def _building(rng, image, rows, cols, left, right):
    """Paint one house with windows; return its mask."""
    height = len(image)
    roof, color = height * rng.uniform(0.10, 0.36), _FACADES[rng.integers(len(_FACADES))] + rng.normal(0, 0.02, 3)
    inside = np.maximum(np.maximum(left - cols, cols - right), roof - rows)
    _cover(image, inside, color * (1.05 - 0.25 * (rows / height)[..., None]))
    _cover(image, np.maximum(inside, rows - roof - 0.014 * height), color * 0.62)
    floor, bay = 0.078 * height, (right - left) / max(2, round((right - left) / (0.07 * height)))
    story, column = (rows - roof - 0.03 * height) / floor, (cols - left) / bay
    window = np.maximum(
        np.abs(story % 1 - 0.5) * floor - 0.024 * height, np.abs(column % 1 - 0.5) * bay - 0.017 * height
    )
    lit = rng.random((16, 16)) < 0.22
    warm = lit[np.clip(story, 0, 15).astype(int), np.clip(column, 0, 15).astype(int)][..., None]
    glass = np.where(warm, (0.98, 0.86, 0.56), (0.26, 0.33, 0.42)) + 0.10 * (0.5 - story % 1)[..., None]
    _cover(image, np.maximum(np.maximum(window, inside + 0.02 * height), -story * floor), glass)
    return inside < 0


def _cover(image, distance, color):
    image += np.clip(0.5 - distance, 0, 1)[..., None] * (color - image)


def _box(x, y, center, half):
    return np.maximum(np.abs(x - center[0]) - half[0], np.abs(y - center[1]) - half[1])


def _trapezoid(x, y, sides, heights, leans):
    """A box whose left and right sides lean inward by `leans` units over its whole height."""
    share = (y - heights[0]) / (heights[1] - heights[0])
    across = np.maximum(sides[0] + leans[0] * share - x, x - sides[1] + leans[1] * share)
    return np.maximum(across, np.maximum(heights[0] - y, y - heights[1]))


def _capsule(x, y, start, end):
    """Distance to the line from `start` to `end`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx**2 + dy**2, 1e-12), 0, 1)
    return np.hypot(x - start[0] - share * dx, y - start[1] - share * dy)
