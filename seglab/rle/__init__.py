"""Run-length encoded masks as in COCO files: read, write, measure, compare.

`find_runs` reads any number of masks in a few passes of NumPy. Area and overlap need nothing but the runs: no
pixel is drawn.
"""

from seglab.rle.coding import decode, encode, find_runs
from seglab.rle.measures import area, iou
from seglab.rle.runs import Runs, box_overlaps, join, overlaps

__all__ = ["Runs", "area", "box_overlaps", "decode", "encode", "find_runs", "iou", "join", "overlaps"]
