"""YOLACT: prototypes for the whole image, and for each box the coefficients that mix them into its mask."""

from seglab.models.yolact.network import yolact

__all__ = ["yolact"]
