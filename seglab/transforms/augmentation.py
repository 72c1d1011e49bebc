"""Random changes for training, each drawn anew for every image."""

import dataclasses
import math

import numpy as np

from seglab.errors import InputError
from seglab.transforms.color import adjust_color
from seglab.transforms.geometry import flip
from seglab.warping import displacement_field, warp


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random changes for training: call it with an image, its labels and a generator.

    Args:
        flip_horizontal: Whether half of the images are mirrored left to right.
        flip_vertical: Whether half of the images are mirrored top to bottom.
        scale: Smallest and largest magnification, above 0.
        rotate: Largest angle in degrees, in both directions.
        shift: Largest move as a part of the height and the width, in all directions.
        crop: Whether the result shows a random window of the scaled picture, not its middle; a picture smaller than
            the window lies anywhere in it. With `scale=(0.5, 2.0)` this is the multi-scale training of PSPNet and
            DeepLab.
        elastic: Standard deviation, in pixels, of the random displacement at 3x3 grid points, see `elastic`.
        brightness: Largest amount added or taken away.
        contrast: Largest relative change of the contrast: 0.2 means a factor of 0.8 to 1.2.
        saturation: Largest relative change of the saturation.

    Raises:
        InputError: If a range is out of order.

    Example:
        >>> augment = Augmentation(rotate=20, contrast=0.2)
        >>> image, labels = augment(np.zeros((8, 8, 3)), np.eye(8, dtype=int), np.random.default_rng(0))
        >>> image.dtype, sorted(set(labels.ravel().tolist()))
        (dtype('float32'), [0, 1])
    """

    flip_horizontal: bool = True
    flip_vertical: bool = False
    scale: tuple = (1.0, 1.0)
    rotate: float = 0.0
    shift: float = 0.0
    crop: bool = False
    elastic: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0

    def __post_init__(self):
        if len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1]:
            raise InputError(f"scale must be (smallest, largest), both above 0, got {self.scale!r}. (1, 1) is none.")
        for name, largest in {"rotate": 180, "shift": 1, "brightness": 1, "contrast": 1, "saturation": 1}.items():
            value = getattr(self, name)
            if not 0 <= value <= largest:
                raise InputError(f"{name} must lie in [0, {largest}], got {value!r}. 0 changes nothing.")
        if not 0 <= self.elastic < math.inf:
            raise InputError(f"elastic must be at least 0 pixels, got {self.elastic!r}. 0 changes nothing.")

    def draw(self, rng):
        """Draw the numbers of one change.

        Every call takes the same numbers from the generator, so switching one change on leaves the others alone.

        Args:
            rng: `numpy.random.Generator`.

        Returns:
            `(geometry, color)`: keyword arguments of `warp` and of `adjust_color`. Two of `warp` do not depend on the
            size yet: `shift` is a part of the height and the width, and in place of `displacements` there are the
            `vectors` (3, 3, 2) that `displacement_field` takes, or `None`.

        Example:
            >>> geometry, color = Augmentation(flip_horizontal=False).draw(np.random.default_rng(0))
            >>> geometry["rotate"], geometry["flip_horizontal"], color["contrast"]
            (0.0, False, 1.0)
        """
        draws, vectors = rng.random(9).tolist(), rng.standard_normal((3, 3, 2))
        low, high = self.scale
        # Even in the logarithm: twice as large is as likely as half as large.
        scale = low * (high / low) ** draws[2]
        # As far as the border of the scaled picture reaches the border of the window.
        shift = self.shift + (abs(scale - 1) / 2 if self.crop else 0.0)
        swing = [2 * draw - 1 for draw in draws]  # in [-1, 1)
        geometry = {
            "flip_horizontal": self.flip_horizontal and draws[0] < 0.5,
            "flip_vertical": self.flip_vertical and draws[1] < 0.5,
            "scale": scale,
            "rotate": swing[3] * self.rotate + 0.0,
            "shift": (swing[4] * shift, swing[5] * shift),
            "vectors": self.elastic * vectors if self.elastic else None,
        }
        color = {
            "brightness": swing[6] * self.brightness,
            "contrast": 1 + swing[7] * self.contrast,
            "saturation": 1 + swing[8] * self.saturation,
        }
        return geometry, color

    def __call__(self, image, labels, rng, *, ignore_class=None):
        """Change an image and its labels at random.

        Args:
            image: Float array `(H, W, 3)` in [0, 1].
            labels: Integer array `(H, W)`.
            rng: `numpy.random.Generator`; the same state gives the same change.
            ignore_class: Label of what is outside of the picture; `None` mirrors the labels there.

        Returns:
            `(image, labels)`: new float32 `(H, W, 3)` in [0, 1] and `(H, W)` of the dtype given.

        Raises:
            InputError: If the shapes do not belong together.
            TypeError: If a dtype is wrong.
        """
        geometry, color = self.draw(rng)
        (down, right), vectors = geometry.pop("shift"), geometry.pop("vectors")
        if geometry["scale"] == 1 and geometry["rotate"] == down == right == 0 and vectors is None:
            # A flip alone moves whole pixels: slices are exact and ten times as fast.
            image, labels = flip(
                image, labels, horizontal=geometry["flip_horizontal"], vertical=geometry["flip_vertical"]
            )
        else:
            geometry["shift"] = down * labels.shape[0], right * labels.shape[1]
            geometry["displacements"] = None if vectors is None else displacement_field(vectors, labels.shape)
            image, labels = warp(image, labels, **geometry, ignore_class=ignore_class)
        if color == {"brightness": 0, "contrast": 1, "saturation": 1}:
            return np.asarray(image, np.float32), labels
        return adjust_color(image, **color), labels


# Changes that a photo of the same scene could have had: what `Recipe(augment=True)` means.
PHOTO = Augmentation(scale=(0.8, 1.25), rotate=15, brightness=0.1, contrast=0.2, saturation=0.2)
# Random scales and crops, one of each per image, as PSPNet and DeepLab train.
MULTI_SCALE = Augmentation(scale=(0.5, 2.0), crop=True, rotate=10, brightness=0.1, contrast=0.2, saturation=0.2)
# As far as the eye still calls it the same scene: for a few hundred photos, which a network learns by heart otherwise.
STRONG = Augmentation(scale=(0.625, 1.6), rotate=20, shift=0.1, crop=True, brightness=0.2, contrast=0.4, saturation=0.5)
