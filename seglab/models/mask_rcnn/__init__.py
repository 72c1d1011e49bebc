"""Mask R-CNN: proposals first, then class, box and mask of each."""

from seglab.models.mask_rcnn.network import AnchorLevel, mask_rcnn, paper_anchors

__all__ = ["AnchorLevel", "mask_rcnn", "paper_anchors"]
