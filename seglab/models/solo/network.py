"""SOLO: a grid over the image; the cell in which an object's middle lies says its class and draws its mask.

Papers: Wang, Kong, Shen, Jiang, Li, "SOLO: Segmenting Objects by Locations", ECCV 2020, figure 3 (`masks="grid"`) and
section 3.4 (`masks="decoupled"`); Wang, Zhang, Kong, Li, Shen, "SOLOv2: Dynamic and Fast Instance Segmentation",
NeurIPS 2020 (`masks="dynamic"`).

Differences from the papers:
- One map of mask features for all grids, as in SOLOv2; SOLO draws each grid's masks on a level of its own.
- By default a lite pyramid that starts at stride 2. Masks are compared and thresholded at full size, where their logits
  are interpolated: at stride 4, cells of ten pixels cannot be drawn.
- Two convolutions of batch normalization and ReLU in each branch (the papers: seven and four, group normalization).
- Focal loss with alpha .75 for the cells that hold an object (the papers: .25). Few of a small grid's cells are empty.
- Every image contributes the same number of cells to the mask loss, drawn at random, so that shapes stay known.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from seglab.box_layers import pick
from seglab.errors import InputError
from seglab.layers import check_choice, conv_bn_relu, join
from seglab.models.fpn import fpn, fuse_levels
from seglab.models.solo.instances import detect
from seglab.models.solo.loss import solo_loss

MASKS = ("dynamic", "grid", "decoupled")


class Grid(NamedTuple):
    """One grid of `size` x `size` cells on a level of the pyramid, for objects of some sizes.

    Attributes:
        size: Cells in a row and in a column.
        level: Index of the level in the pyramid, 0 the finest.
        smallest: Square root of the area in pixels from which on objects belong to the grid.
        largest: Square root of the area in pixels below which they do.
    """

    size: int
    level: int = 1
    smallest: float = 0.0
    largest: float = float("inf")


ONE_GRID = (Grid(16),)


def paper_grids():
    """The five grids of the paper for images of about 800 x 1333 pixels; an object may belong to two of them.

    Example:
        >>> [grid.size for grid in paper_grids()]
        [40, 36, 24, 16, 12]
    """
    limits = ((0, 96), (48, 192), (96, 384), (192, 768), (384, float("inf")))
    sizes = (40, 36, 24, 16, 12)
    return tuple(Grid(size, level, *limit) for level, (size, limit) in enumerate(zip(sizes, limits, strict=True)))


def solo(
    input_shape,
    num_classes,
    *,
    grids=ONE_GRID,
    masks="dynamic",
    encoder="lite",
    weights=None,
    filters=48,
    mask_filters=16,
    center=0.2,
):
    """Build a SOLO.

    Args:
        input_shape: (height, width, channels), see `seglab.models.fpn`.
        num_classes: Number of object classes; background is none of them.
        grids: Sequence of `Grid`. The default is for objects of one size, such as cells in 64 x 64 pixels.
        masks: How a cell draws: "grid" has a channel of its own for every cell, "decoupled" multiplies a channel of its
            row with one of its column, "dynamic" predicts a 1x1 kernel for `mask_filters` shared channels.
        encoder: "lite" or "resnet50".
        weights: Of the encoder, see `seglab.models.fpn`.
        filters: Channels of the two convolutions on each grid. The paper has 256.
        mask_filters: Channels of the shared mask features. The papers have 128 or 256.
        center: Height and width of the region around an object's middle, as a part of the object's: all cells in it,
            but at most one to each side, predict the object.

    Returns:
        `keras.Model` from float images (B, H, W, C) in [0, 1] to a dict: `category` (B, G, K) logits of the G cells of
        all grids, `features`, and for "dynamic" `kernels`. It has its own loss: `compile(optimizer)`, then `fit` on
        batches `(images, {"masks": (B, N, H, W), "classes": (B, N)})`, classes -1 where the table is padded.
        `detect(images)` gives masks, classes and scores.

    Raises:
        InputError: If a grid names a level that the pyramid does not have, or an option is unknown.

    Example:
        >>> model = solo((64, 64, 3), 1)
        >>> {name: tensor.shape for name, tensor in model.output.items()}["category"]
        (None, 256, 1)
    """
    check_choice("masks", masks, MASKS)
    pyramid = fpn(input_shape, encoder=encoder, weights=weights)
    levels = pyramid.outputs
    grids = tuple(Grid(*grid) for grid in grids)
    for grid in grids:
        if not 0 <= grid.level < len(levels):
            raise InputError(f"grids must name levels 0 to {len(levels) - 1} of the pyramid, got {grid.level}.")

    # Category branch: on each grid, what is in the cell, and how to draw it
    category, kernels = [], []
    for number, grid in enumerate(grids, 1):
        x = Coordinates(name=f"grid{number}_coordinates")(levels[grid.level])
        x = layers.Resizing(grid.size, grid.size, name=f"grid{number}_cells")(x)  # (B, S, S, C + 2)
        x = conv_bn_relu(x, filters, name=f"grid{number}_conv1")
        x = conv_bn_relu(x, filters, name=f"grid{number}_conv2")  # (B, S, S, filters)
        rare = keras.initializers.Constant(-2.2)  # a cell holds an object with probability .1 at the start
        logits = layers.Conv2D(num_classes, 3, padding="same", bias_initializer=rare, name=f"grid{number}_category")(x)
        category.append(layers.Reshape((-1, num_classes), name=f"grid{number}_logits")(logits))  # (B, S * S, K)
        if masks == "dynamic":
            x = layers.Conv2D(mask_filters + 1, 3, padding="same", name=f"grid{number}_kernel")(x)
            kernels.append(layers.Reshape((-1, mask_filters + 1), name=f"grid{number}_kernels")(x))
    outputs = {"category": join(category, name="category")}  # (B, G, K)

    # Mask branch: features that know where they are
    x = fuse_levels(levels[:3], pyramid.output[0].shape[-1], name="fused")
    x = Coordinates(name="mask_coordinates")(x)
    x = conv_bn_relu(x, levels[0].shape[-1], name="mask_conv1")
    x = conv_bn_relu(x, levels[0].shape[-1], name="mask_conv2")  # (B, h, w, C)
    if masks == "dynamic":
        outputs["kernels"] = join(kernels, name="kernels")  # (B, G, E + 1)
        channels = mask_filters
    else:
        cells = [grid.size**2 if masks == "grid" else 2 * grid.size for grid in grids]
        channels = sum(cells)
    outputs["features"] = layers.Conv2D(channels, 1, name="features")(x)  # (B, h, w, channels)
    return SOLO(pyramid.input, outputs, grids=grids, masks=masks, center=center)


@keras.saving.register_keras_serializable("seglab")
class Coordinates(layers.Layer):
    """Append two channels: the row and the column, from -1 to 1. A convolution then knows where it is (CoordConv).

    Example:
        >>> Coordinates()(np.zeros((1, 2, 3, 1), "float32"))[0, :, :, 1].numpy()
        array([[-1., -1., -1.],
               [ 1.,  1.,  1.]], dtype=float32)
    """

    def call(self, x):
        """Append to (B, H, W, C), giving (B, H, W, C + 2)."""
        axes = (np.linspace(-1, 1, side, dtype="float32") for side in x.shape[1:3])
        places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)[None]  # (1, H, W, 2)
        places = ops.zeros_like(x[..., :1]) + ops.cast(places, x.dtype)
        return ops.concatenate([x, places], axis=-1)

    def compute_output_shape(self, input_shape):
        """Shape (B, H, W, C + 2)."""
        return (*input_shape[:-1], input_shape[-1] + 2)


class SOLO(keras.Model):
    """The network of `solo` with its loss and its way from outputs to objects."""

    def __init__(self, inputs, outputs, *, grids, masks, center):
        super().__init__(inputs, outputs, name=f"solo_{masks}")
        self.grids, self.masks, self.center = grids, masks, center
        self.seed = keras.random.SeedGenerator(0)
        size = np.concatenate([np.full(grid.size**2, grid.size) for grid in grids])
        cell = np.concatenate([np.arange(grid.size**2) for grid in grids])
        before = np.repeat(np.cumsum([0, *[2 * grid.size for grid in grids[:-1]]]), [grid.size**2 for grid in grids])
        # Of each cell, the channel of its row and that of its column in the decoupled features.
        self.row_channel = (before + cell // size).astype("int32")
        self.col_channel = (before + size + cell % size).astype("int32")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Focal loss of the categories plus three times the Dice loss of the masks."""
        return solo_loss(self, y, y_pred)

    def masks_of(self, outputs, cells):
        """Draw the masks of some cells.

        Args:
            outputs: What the network gave.
            cells: int tensor (B, M), indices of cells in [0, G).

        Returns:
            Tensor (B, M, H, W) of probabilities, at the size of the image.
        """
        features = outputs["features"]
        if self.masks == "dynamic":
            kernels = pick(outputs["kernels"], cells)  # (B, M, E + 1)
            logits = ops.einsum("bme,bhwe->bhwm", kernels[..., :-1], features) + kernels[:, None, None, :, -1]
            return self._full_size(logits)
        features = ops.transpose(features, (0, 3, 1, 2))  # (B, channels, h, w)
        if self.masks == "grid":
            return self._full_size(ops.transpose(pick(features, cells), (0, 2, 3, 1)))
        rows, cols = (ops.take(ops.convert_to_tensor(table), cells) for table in (self.row_channel, self.col_channel))
        down, across = (ops.transpose(pick(features, channel), (0, 2, 3, 1)) for channel in (rows, cols))
        return self._full_size(down) * self._full_size(across)

    def detect(self, images, *, threshold=0.1, batch=16):
        """Find the objects in images.

        Args:
            images: Float array (B, H, W, C) in [0, 1].
            threshold: Objects with a lower score are left out.
            batch: Images per step.

        Returns:
            List of one dict per image: `masks` bool (n, H, W), `classes` int (n,), `scores` float (n,), by falling
            score; what `seglab.metrics.mask_ap` takes.
        """
        return detect(self, images, threshold=threshold, batch=batch)

    def _full_size(self, logits):
        """Probabilities (B, M, H, W) of logits (B, h, w, M)."""
        logits = ops.image.resize(logits, self.input_shape[1:3], interpolation="bilinear")
        return ops.sigmoid(ops.transpose(logits, (0, 3, 1, 2)))
