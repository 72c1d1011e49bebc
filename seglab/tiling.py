"""Overlap-tile prediction: label an image of any size through a network that takes tiles of one size.

Every output pixel needs `margin` pixels of context around it. So neighboring tiles overlap by twice the margin, only
their inner parts are kept, and the inner parts together cover the image without gap or overlap. What lies outside of
the image is mirrored at its edge.

Where are the seams? Nowhere, if each tile computes what one tile over the whole image would: the margin covers all that
an output pixel sees, and the tiles stand at distances that are multiples of the network's total stride (`multiple`). A
pooling pairs pixels from the tile's edge on; at an odd distance the next tile would pair them otherwise. The paper's
tile gives 388 pixels, and 388 is no multiple of 16: its tiles must stand 384 apart.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), figure 2
(the idea and the mirror; the distances are ours).
"""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from seglab.errors import InputError


class TileGrid(NamedTuple):
    """Where tiles stand along one axis, in pixels of the image.

    Attributes:
        starts: First pixel that each tile reads; negative where that is mirrored.
        tile_size: Number of pixels that each tile reads.
        margin: Pixels that each tile reads beyond the kept ones, per side.
        step: Distance of neighboring tiles, and number of pixels kept of each. At the end of the image fewer are kept.
    """

    starts: tuple
    tile_size: int
    margin: int
    step: int


def tile_grid(length, tile_size, *, margin, multiple=1):
    """Place tiles along one axis.

    Args:
        length: Height or width of the image in pixels.
        tile_size: Height or width of a tile, as the network takes it.
        margin: Pixels of context per side whose predictions are dropped, at least 0.
        multiple: Total stride of the network (`2**depth` of a U-Net); tiles stand at multiples of it.

    Returns:
        `TileGrid(starts, tile_size, margin, step)`.

    Raises:
        InputError: If an argument is out of range, or the tile is too small to keep `multiple` pixels.

    Example:
        >>> tile_grid(1000, 572, margin=92, multiple=16)
        TileGrid(starts=(-92, 292, 676), tile_size=572, margin=92, step=384)
    """
    lowest = {"length": 1, "tile_size": 1, "margin": 0, "multiple": 1}
    for (name, least), value in zip(lowest.items(), (length, tile_size, margin, multiple), strict=True):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise InputError(f"{name} must be an integer of at least {least}, got {value!r}")
    step = (tile_size - 2 * margin) // multiple * multiple
    if step < 1:
        raise InputError(
            f"tile_size must be at least {2 * margin + multiple} to keep {multiple} pixels between margins of "
            f"{margin}, got {tile_size}"
        )
    return TileGrid(tuple(range(-margin, length - margin, step)), tile_size, margin, step)


def mirror(image, grids):
    """Extend an image by mirroring it at its edges, to all that the tiles read.

    The pixel beside the edge is the edge pixel again. Where the image is smaller than the border, mirror images of
    mirror images follow.

    Args:
        image: Array (H, W, C).
        grids: The `TileGrid` of the rows and that of the columns.

    Returns:
        Array (H', W', C) of the same type; its pixel (`margin` of the rows, `margin` of the columns) is the image's
        first.

    Example:
        >>> grids = tile_grid(1, 1, margin=0), tile_grid(3, 5, margin=2)
        >>> mirror(np.array([[[1], [2], [3]]]), grids)[0, :, 0]
        array([2, 1, 1, 2, 3, 3, 2])
    """
    borders = []
    for length, grid in zip(image.shape[:2], grids, strict=True):
        borders.append((grid.margin, grid.starts[-1] + grid.tile_size - length))
    return np.pad(image, (*borders, (0, 0)), mode="symmetric")


def predict_tiles(predict, image, *, tile_size, margin, multiple=1, batch_size=4):
    """Predict an image tile by tile.

    The result is that of one tile over the whole mirrored image, up to rounding, if `margin` covers what an output
    pixel sees and `multiple` is the network's total stride. Memory is that of `batch_size` tiles and of the result.

    Args:
        predict: Function from a batch (B, h, w, C) to (B, h', w', K), such as a model or its `predict_on_batch`; h x w
            is the tile size. The middle h - 2 margin x w - 2 margin pixels of its result are used: of a network
            without padding that is all.
        image: Float array (H, W, C).
        tile_size: Height and width of a tile, or one integer for both.
        margin: Pixels of context per side, at least 0: 92 for `unet_paper`, `seglab.unet_sizes.margin(depth)`.
        multiple: Total stride of the network: 16 for `unet_paper`, `2**depth`.
        batch_size: Number of tiles given to `predict` at once, at least 1.

    Returns:
        float32 array (H, W, K), whatever the network gives (logits).

    Raises:
        InputError: If an argument is out of range, or `predict` gives less than the middle of its tiles.

    Example:
        >>> image = np.arange(6.0).reshape(2, 3, 1)
        >>> predict_tiles(lambda tiles: 10 * tiles, image, tile_size=3, margin=1)[..., 0]
        array([[ 0., 10., 20.],
               [30., 40., 50.]], dtype=float32)
    """
    image = np.asarray(image)
    if image.ndim != 3 or 0 in image.shape:
        raise InputError(f"image must be (H, W, C) with pixels, got the shape {image.shape}. Pass one image, no batch.")
    if not isinstance(batch_size, Integral) or batch_size < 1:
        raise InputError(f"batch_size must be an integer of at least 1, got {batch_size!r}")
    sizes = (tile_size, tile_size) if isinstance(tile_size, Integral) else tuple(tile_size)
    if len(sizes) != 2:
        raise InputError(f"tile_size must be an integer or (height, width), got {tile_size!r}")
    grids = [
        tile_grid(length, size, margin=margin, multiple=multiple)
        for length, size in zip(image.shape[:2], sizes, strict=True)
    ]
    plane = mirror(image, grids)
    corners = [(row + margin, col + margin) for row in grids[0].starts for col in grids[1].starts]  # in the plane

    result = None
    for first in range(0, len(corners), batch_size):
        batch = corners[first : first + batch_size]
        tiles = np.stack([plane[row : row + sizes[0], col : col + sizes[1]] for row, col in batch])  # (B, h, w, C)
        middles = _middle(np.asarray(predict(tiles)), tiles.shape, margin)[:, : grids[0].step, : grids[1].step]
        if result is None:
            result = np.empty((*image.shape[:2], middles.shape[-1]), np.float32)  # (H, W, K)
        for (row, col), middle in zip(batch, middles, strict=True):
            kept = result[row : row + grids[0].step, col : col + grids[1].step]  # less at the end of the image
            kept[:] = middle[: kept.shape[0], : kept.shape[1]]
    return result


def _middle(predicted, shape, margin):
    """Cut what a network gives for tiles of a shape (B, h, w, C) to their pixels without the margin."""
    batch, *sizes, _ = shape
    wanted = [size - 2 * margin for size in sizes]
    beyond = [have - want for have, want in zip(predicted.shape[1:3], wanted, strict=False)]
    if predicted.ndim != 4 or len(predicted) != batch or any(extra < 0 or extra % 2 for extra in beyond):
        raise InputError(
            f"predict must give ({batch}, h', w', K) with h' x w' = {wanted[0]} x {wanted[1]}, or as much more on each "
            f"side, for tiles {tuple(shape)}, got {predicted.shape}. Is margin={margin} the network's?"
        )
    top, left = (extra // 2 for extra in beyond)
    return predicted[:, top : top + wanted[0], left : left + wanted[1]]
