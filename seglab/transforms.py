"""Geometry and color changes that keep an image and its labels together.

Colors are interpolated, labels never: a pixel halfway between class 1 and class 3 is not class 2. All random numbers
are drawn in NumPy from the generator that is passed in, and all geometry of one augmentation is one warp, so that a
picture is interpolated once however many changes it gets.
"""

import dataclasses

import numpy as np
from PIL import Image

from seglab.errors import InputError
from seglab.warping import check_pair, warp

__all__ = ["Augmentation", "adjust_color", "crop", "flip", "resize", "resize_image", "resize_labels", "warp"]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def flip(image, labels, *, horizontal=False, vertical=False):
    """Mirror an image and its labels.

    Args:
        image: Array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        horizontal: Whether left and right change places.
        vertical: Whether top and bottom change places.

    Returns:
        `(image, labels)`, new arrays of the same shapes and dtypes.

    Raises:
        InputError: If the shapes do not belong together.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = flip(np.zeros((1, 3, 3)), np.array([[1, 2, 3]]), horizontal=True)
        >>> labels
        array([[3, 2, 1]])
    """
    check_pair(image, labels)
    if not horizontal and not vertical:
        return image.copy(), labels.copy()
    for axis, wanted in enumerate((vertical, horizontal)):
        if wanted:
            # Three times as fast as a copy of image[:, ::-1], which moves single numbers instead of pixels.
            backward = np.arange(labels.shape[axis] - 1, -1, -1)
            image, labels = image.take(backward, axis=axis), labels.take(backward, axis=axis)
    return image, labels


def crop(image, labels, *, top, left, height, width):
    """Cut the same window out of an image and its labels.

    Args:
        image: Array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        top: First row of the window.
        left: First column of the window.
        height: Rows of the window, at least 1.
        width: Columns of the window, at least 1.

    Returns:
        `(image, labels)`, new arrays `(height, width, C)` and `(height, width)`.

    Raises:
        InputError: If the window leaves the image.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = crop(np.zeros((4, 4, 3)), np.arange(16).reshape(4, 4), top=1, left=2, height=2, width=2)
        >>> labels
        array([[ 6,  7],
               [10, 11]])
    """
    check_pair(image, labels)
    if min(top, left) < 0 or min(height, width) < 1 or top + height > labels.shape[0] or left + width > labels.shape[1]:
        raise InputError(
            f"the window of rows {top} to {top + height - 1} and columns {left} to {left + width - 1} must lie in "
            f"the {labels.shape[0]}x{labels.shape[1]} image. Move it or make it smaller."
        )
    rows, cols = slice(top, top + height), slice(left, left + width)
    return image[rows, cols].copy(), labels[rows, cols].copy()


def resize(image, labels, size):
    """Resize an image and its labels.

    Args:
        image: uint8 or float array `(H, W, C)`.
        labels: Integer array `(H, W)`.
        size: `(height, width)` wanted; the aspect is not kept.

    Returns:
        `(image, labels)`: bilinear with antialiasing, and nearest.

    Raises:
        InputError: If the shapes do not belong together or `size` is not positive.
        TypeError: If `labels` are not integers.

    Example:
        >>> image, labels = resize(np.ones((8, 8, 3), np.float32), np.eye(8, dtype=int), (4, 6))
        >>> image.shape, labels.shape
        ((4, 6, 3), (4, 6))
    """
    check_pair(image, labels)
    return resize_image(image, size), resize_labels(labels, size)


def resize_image(image, size):
    """Resize an image, bilinear; a smaller result averages over all the pixels it stands for.

    Args:
        image: uint8 array `(H, W, 3)`, or float array `(H, W, C)`.
        size: `(height, width)` wanted.

    Returns:
        Array `(*size, C)`: uint8 if `image` is, else float32.

    Raises:
        InputError: If `size` is not positive.

    Example:
        >>> resize_image(np.array([[[0.0], [1.0]]]), (1, 4))[0, :, 0]
        array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """
    _check_size(size)
    bilinear = Image.Resampling.BILINEAR
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(image).resize(size[::-1], bilinear))
    channels = np.moveaxis(np.asarray(image, np.float32), -1, 0)
    planes = [np.asarray(Image.fromarray(channel).resize(size[::-1], bilinear)) for channel in channels]
    return np.stack(planes, axis=-1)  # (H, W, C)


def resize_labels(labels, size):
    """Resize labels by taking the nearest pixel, so that no new value appears.

    Args:
        labels: Array `(H, W)`.
        size: `(height, width)` wanted.

    Returns:
        Array of the same dtype, of that size.

    Raises:
        InputError: If `size` is not positive.

    Example:
        >>> resize_labels(np.array([[0, 1], [2, 3]]), (2, 4))
        array([[0, 0, 1, 1],
               [2, 2, 3, 3]])
    """
    _check_size(size)
    rows, cols = ((np.arange(new) + 0.5) * (old / new) for new, old in zip(size, labels.shape, strict=True))
    return labels.take(rows.astype(np.intp), axis=0).take(cols.astype(np.intp), axis=1)


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


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random changes for training: call it with an image, its labels and a generator.

    Args:
        flip_horizontal: Whether half of the images are mirrored left to right.
        flip_vertical: Whether half of the images are mirrored top to bottom.
        scale: Smallest and largest magnification, above 0.
        rotate: Largest angle in degrees, in both directions.
        shift: Largest move as a part of the height and the width, in all directions.
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

    def draw(self, rng):
        """Draw the numbers of one change.

        Every call takes the same amount from the generator, so switching one change on leaves the others alone.

        Args:
            rng: `numpy.random.Generator`.

        Returns:
            `(geometry, color)`: keyword arguments of `warp` (`shift` as a part of the height and the width) and of
            `adjust_color`.

        Example:
            >>> geometry, color = Augmentation(flip_horizontal=False).draw(np.random.default_rng(0))
            >>> geometry["rotate"], geometry["flip_horizontal"], color["contrast"]
            (0.0, False, 1.0)
        """
        draws = rng.random(9).tolist()
        low, high = self.scale
        swing = [2 * draw - 1 for draw in draws]  # in [-1, 1)
        geometry = {
            "flip_horizontal": self.flip_horizontal and draws[0] < 0.5,
            "flip_vertical": self.flip_vertical and draws[1] < 0.5,
            # Even in the logarithm: twice as large is as likely as half as large.
            "scale": low * (high / low) ** draws[2],
            "rotate": swing[3] * self.rotate + 0.0,
            "shift": (swing[4] * self.shift, swing[5] * self.shift),
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
        down, right = geometry.pop("shift")
        if geometry["scale"] == 1 and geometry["rotate"] == down == right == 0:
            # A flip alone moves whole pixels: slices are exact and ten times as fast.
            image, labels = flip(
                image, labels, horizontal=geometry["flip_horizontal"], vertical=geometry["flip_vertical"]
            )
        else:
            shift = down * labels.shape[0], right * labels.shape[1]
            image, labels = warp(image, labels, **geometry, shift=shift, ignore_class=ignore_class)
        if color == {"brightness": 0, "contrast": 1, "saturation": 1}:
            return np.asarray(image, np.float32), labels
        return adjust_color(image, **color), labels


def _check_size(size):
    if len(size) != 2 or min(size) < 1:
        raise InputError(f"size must be (height, width), both at least 1, got {size!r}.")
