"""What the integers of a label map mean: ignore label, colors, trimaps, palette files, ids of panoptic maps."""

from seglab.labels.files import read_palette_png, write_palette_png
from seglab.labels.maps import IGNORE, colorize, labels_from_colors, trimap_to_labels
from seglab.labels.palette import class_colors
from seglab.labels.panoptic import (
    decode_panoptic,
    encode_panoptic,
    ids_to_rgb,
    panoptic_from_segments,
    rgb_to_ids,
    segments_from_panoptic,
)

__all__ = [
    "IGNORE",
    "class_colors",
    "colorize",
    "decode_panoptic",
    "encode_panoptic",
    "ids_to_rgb",
    "labels_from_colors",
    "panoptic_from_segments",
    "read_palette_png",
    "rgb_to_ids",
    "segments_from_panoptic",
    "trimap_to_labels",
    "write_palette_png",
]
