"""Geometry and color changes that keep an image and its labels together.

Colors are interpolated, labels never: a pixel halfway between class 1 and class 3 is not class 2. All random numbers
are drawn in NumPy from the generator that is passed in, and all geometry of one augmentation is one warp, so that a
picture is interpolated once however many changes it gets.
"""

from seglab.transforms.augmentation import MULTI_SCALE, PHOTO, STRONG, Augmentation
from seglab.transforms.color import adjust_color
from seglab.transforms.geometry import crop, flip, resize, resize_image, resize_labels
from seglab.warping import displacement_field, elastic, warp

__all__ = [
    "MULTI_SCALE",
    "PHOTO",
    "STRONG",
    "Augmentation",
    "adjust_color",
    "crop",
    "displacement_field",
    "elastic",
    "flip",
    "resize",
    "resize_image",
    "resize_labels",
    "warp",
]
