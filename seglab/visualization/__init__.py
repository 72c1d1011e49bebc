"""Drawings of images, labels, errors and numbers: `ax` in, artists out, never the current figure.

With `ax=None` a function draws in a figure of its own, which pyplot does not know; it is `artist.figure`.
Matplotlib is imported on the first drawing.
"""

from seglab.visualization.bars import show_class_bars
from seglab.visualization.confusion import show_confusion
from seglab.visualization.curves import show_curves
from seglab.visualization.errors import ERROR_KINDS, error_map, paint_errors, show_errors
from seglab.visualization.gallery import pick_cases, show_gallery
from seglab.visualization.instances import show_instances, show_panoptic
from seglab.visualization.numbers import Numbers, show_numbers
from seglab.visualization.overlay import background_class, class_names, show_labels, show_overlay, tinted_image
from seglab.visualization.rectangles import show_rectangles

__all__ = [
    "ERROR_KINDS",
    "Numbers",
    "background_class",
    "class_names",
    "error_map",
    "paint_errors",
    "pick_cases",
    "show_class_bars",
    "show_confusion",
    "show_curves",
    "show_errors",
    "show_gallery",
    "show_instances",
    "show_labels",
    "show_numbers",
    "show_overlay",
    "show_panoptic",
    "show_rectangles",
    "tinted_image",
]
