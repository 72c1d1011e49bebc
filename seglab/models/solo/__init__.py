"""SOLO: instance segmentation without boxes, a cell of a grid for each object."""

from seglab.models.solo.network import Grid, paper_grids, solo

__all__ = ["Grid", "paper_grids", "solo"]
