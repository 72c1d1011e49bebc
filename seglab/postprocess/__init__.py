"""Mending a mask or a label map after the network: morphology, components, small objects, holes, touching objects."""

from seglab.postprocess.morphology import closing, dilate, erode, opening
from seglab.postprocess.regions import components, fill_holes, merge_small, remove_small
from seglab.postprocess.splitting import split_touching

__all__ = [
    "closing",
    "components",
    "dilate",
    "erode",
    "fill_holes",
    "merge_small",
    "opening",
    "remove_small",
    "split_touching",
]
