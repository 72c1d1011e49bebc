"""Streets drawn by code: stuff and things, objects that touch and cover each other, exact panoptic ids.

The view is from the side: sky, buildings, grass and a road are stuff; cars and persons are things. Two cars of one
street always stand bumper to bumper, and somebody always walks in front of a car, so that counting regions is not
counting objects.
"""

import numpy as np

from seglab.datasets.drawing import draw_many, generator, smooth_noise, to_uint8
from seglab.datasets.street_sprites import Car, Person, scenery

# The order gives each class a color of the palette that looks like it: a dark road, a blue sky, green grass.
STREETS = ("road", "building", "sky", "grass", "car", "person")
THINGS = (4, 5)
"""Categories whose objects are counted; the others are stuff."""
DEFAULT_SIZE = (96, 160)
ROAD, BUILDING, SKY, GRASS, CAR, PERSON = range(6)

_SPRITES = {CAR: Car, PERSON: Person}
_MAX_INSTANCES = 1000
_MIN_SHARE = 0.12  # of an object's pixels that must be in sight, else it is left out
_LIGHTS = (  # color of the whole scene, of the sky's top, of its bottom: noon, evening, overcast
    ((1.0, 1.0, 1.0), (0.36, 0.60, 0.90), (0.80, 0.90, 0.98)),
    ((1.05, 0.95, 0.84), (0.42, 0.46, 0.74), (0.99, 0.78, 0.58)),
    ((0.92, 0.95, 0.98), (0.62, 0.69, 0.76), (0.84, 0.87, 0.90)),
)


def streets(count, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw streets with cars and persons.

    Each pixel belongs to the frontmost object there. An object that is hidden but for a small rest is left out.

    Args:
        count: Number of images `N`, at least 0.
        size: `(height, width)` in pixels, or one integer for both, at least 16. Everything grows with the height.
        seed: Non-negative integer of any length.
        split: `"train"`, `"val"` or `"test"`; the same seed gives different images in each.

    Returns:
        `(images, panoptic)`: float32 `(N, H, W, 3)` in [0, 1], and int32 `(N, H, W)` of `category * 1000 + instance`.
        Categories are indices of `STREETS`; stuff has instance 0; the objects of a thing are numbered from 1, from
        left to right.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> images, panoptic = streets(1, seed=0)
        >>> images.shape, panoptic.shape, panoptic.dtype
        ((1, 96, 160, 3), (1, 96, 160), dtype('int32'))
        >>> sorted({STREETS[number // 1000] for number in panoptic[0].flat})
        ['building', 'car', 'grass', 'person', 'road', 'sky']
    """
    return draw_many(draw_street, count, size, seed, split, np.int32)


def draw_street(index, *, size=DEFAULT_SIZE, seed=0, split="train"):
    """Draw sample `index` of `streets`.

    Args:
        index: Position of the sample in its split, at least 0.
        size: `(height, width)` in pixels.
        seed: Non-negative integer.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        `(image, panoptic)`: uint8 `(H, W, 3)` and int32 `(H, W)`.

    Example:
        >>> image, panoptic = draw_street(7)
        >>> image.dtype, panoptic.dtype
        (dtype('uint8'), dtype('int32'))
    """
    rng = generator(2, index, seed, split)
    light, top, bottom = (np.array(color) for color in _LIGHTS[rng.integers(len(_LIGHTS))])
    image, categories = scenery(rng, size, (ROAD, BUILDING, SKY, GRASS), top, bottom)
    sprites = [(category, _SPRITES[category](rng, size, *place)) for category, *place in _cast(rng, size)]
    sprites.sort(key=lambda one: one[1].ground)  # who stands lower in the picture is nearer
    panoptic = categories.astype(np.int32) * _MAX_INSTANCES
    for number, category, sprite in _numbered(_in_sight(sprites, size)):
        sprite.paint(image)
        panoptic[sprite.mask] = category * _MAX_INSTANCES + number
    image *= light
    image += smooth_noise(rng, *size, 1.2, 0.008)[..., None] + rng.normal(0, 0.012, image.shape)
    return to_uint8(image), panoptic


def _cast(rng, size):
    """Who stands where: tuples of category, center column, ground row and length or height, in pixels."""
    height, width = size
    lanes = [(0.765, 0.50), (0.94, 0.62)]  # row of the wheels and length of a car, both as shares of the height
    pair, other = rng.permutation(2)
    row, length = (value * height for value in lanes[pair])
    first, second = length * rng.uniform(0.94, 1.06, 2)
    contact = width * rng.uniform(0.38, 0.62)
    cast = [(CAR, contact - 0.49 * first, row, first), (CAR, contact + 0.49 * second, row, second)]
    if rng.random() < 0.7:
        other_row, other_length = (value * height for value in lanes[other])
        cast.append((CAR, width * rng.uniform(0, 1), other_row, other_length * rng.uniform(0.94, 1.06)))
    side = rng.choice([-1, 1])
    crossing = contact + side * length * rng.uniform(0.4, 0.6)
    cast.append((PERSON, crossing, row + 0.035 * height, length * rng.uniform(0.52, 0.58)))
    for _ in range(rng.integers(1, 4)):
        tall, column, ground = 0.25 * height * rng.uniform(0.85, 1.1), width * rng.uniform(0.04, 0.96), 0.672 * height
        cast.append((PERSON, column, ground, tall))
        if rng.random() < 0.35:  # a companion, half hidden
            cast.append((PERSON, column + 0.2 * tall, ground + 0.006 * height, tall * rng.uniform(0.8, 1)))
    return cast


def _in_sight(sprites, size):
    """The objects of which enough is to be seen, from the farthest to the nearest."""
    covered = np.zeros(size, bool)
    kept = []
    for category, sprite in reversed(sprites):
        visible = np.count_nonzero(sprite.mask & ~covered)
        if visible >= max(1, _MIN_SHARE * np.count_nonzero(sprite.mask)):
            covered |= sprite.mask
            kept.append((category, sprite))
    return kept[::-1]


def _numbered(sprites):
    """Number the objects of each category from 1, from left to right; keep their order."""
    numbers, met = {}, {}
    for place in sorted(range(len(sprites)), key=lambda place: sprites[place][1].center):
        category = sprites[place][0]
        numbers[place] = met[category] = met.get(category, 0) + 1
    for place, (category, sprite) in enumerate(sprites):
        yield numbers[place], category, sprite
