"""Receptive-field explorer: which input cells one unit reads through a stack of convolutions."""

import numpy as np
import traitlets

from seglab.convolution import conv_matrix, effective_kernel_size
from seglab.errors import InputError
from seglab.receptive_field import receptive_field
from seglab.widgets.base import Demo

LIMITS = {"kernel": (1, 15), "strides": (1, 8), "dilation": (1, 64)}
MOST_LAYERS = 24
IMAGE_SIZES = (4, 512)


class ReceptiveFieldExplorer(Demo):
    """A stack of convolutions to build, and the cells of the image that one of its units reads.

    Every layer pads as Keras's `"same"` does. A change of a trait in Python moves the demo.

    Args:
        layers: List of 1 to 24 `(kernel, stride, dilation)`, from the image on; stride and dilation are 1 if left
            out. Three 3 x 3 layers with dilation 1, 2 and 4 if `None`.
        image_size: Height and width of the image, from 4 to 512.
        unit: `(row, col)` of the unit in the last map. The one in the middle if `None`.

    Raises:
        InputError: If an argument is out of its range.

    Example:
        >>> demo = ReceptiveFieldExplorer([(3, 1, 2), (3, 1, 2)], image_size=32)
        >>> demo.field().size, len(demo.cells_read()[0])
        (9, 5)
    """

    title = "Receptive field explorer"

    layers = traitlets.List().tag(sync=True)
    image_size = traitlets.Int(32, min=IMAGE_SIZES[0], max=IMAGE_SIZES[1]).tag(sync=True)
    unit = traitlets.List(traitlets.Int(min=0)).tag(sync=True)

    def __init__(self, layers=None, *, image_size=32, unit=None):
        layers = [(3, 1, 1), (3, 1, 2), (3, 1, 4)] if layers is None else layers
        layers = _checked_layers(layers)
        if image_size not in range(IMAGE_SIZES[0], IMAGE_SIZES[1] + 1):
            raise InputError(
                f"image_size must be a whole number from {IMAGE_SIZES[0]} to {IMAGE_SIZES[1]}, got {image_size!r}."
            )
        output = map_sizes(layers, image_size)[-1]
        unit = [(output - 1) // 2] * 2 if unit is None else [int(index) for index in unit]
        if len(unit) != 2 or not all(0 <= index < output for index in unit):
            raise InputError(f"unit must be (row, col), both in [0, {output}), got {unit}.")
        super().__init__(layers=layers, image_size=image_size, unit=unit)

    @traitlets.validate("layers")
    def _check_layers(self, proposal):
        return _checked_layers(proposal.value)

    def field(self):
        """Compute the receptive field in Python.

        Returns:
            `seglab.receptive_field.ReceptiveField`; its `start` counts the padding of this image size.

        Example:
            >>> ReceptiveFieldExplorer([(3, 2), (3, 2)], image_size=32).field()
            ReceptiveField(size=7, stride=4, start=0)
        """
        sizes = map_sizes(self.layers, self.image_size)
        padded = [
            (*layer, max((after - 1) * layer[1] + effective_kernel_size(layer[0], layer[2]) - before, 0) // 2)
            for layer, before, after in zip(self.layers, sizes, sizes[1:], strict=False)
        ]
        return receptive_field(padded)

    def cells_read(self):
        """Find in Python which rows and columns of the image the unit reads.

        Returns:
            Two integer arrays: rows, columns. The unit reads the cells where one of the rows crosses one of the
            columns. A `unit` beyond the last map counts as its last one.

        Example:
            >>> rows, columns = ReceptiveFieldExplorer([(3, 1, 4)], image_size=8, unit=(0, 4)).cells_read()
            >>> rows.tolist(), columns.tolist()
            ([0, 4], [0, 4])
        """
        paths = np.eye(self.image_size)
        size = self.image_size
        for kernel, strides, dilation in self.layers:
            matrix = conv_matrix(
                (1, size), np.ones((1, kernel)), strides=(1, strides), padding="same", dilation_rate=(1, dilation)
            )
            paths = matrix @ paths  # (map, image)
            size = len(paths)
        return tuple(np.flatnonzero(paths[min(index, size - 1)]) for index in self.unit)

    def describe(self):
        """Return the stack and the receptive field of its unit in words."""
        field = self.field()
        rows, cols = self.cells_read()
        stack = ", ".join(f"{kernel} x {kernel} (stride {s}, dilation {d})" for kernel, s, d in self.layers)
        return (
            f"A stack of {len(self.layers)} layers on an image of {self.image_size} x {self.image_size}: {stack}. One "
            f"unit sees {field.size} x {field.size} cells and reads {len(rows) * len(cols)} of them."
        )

    def static(self):
        """Return the cells that the unit reads, in the whole image, as a figure; padding is hatched."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Rectangle

        field = self.field()
        rows, cols = self.cells_read()
        read = np.zeros((self.image_size, self.image_size))
        read[np.ix_(rows, cols)] = 1
        first = [field.start + index * field.stride - 0.5 for index in self.unit]
        figure = Figure(figsize=(6, 6.4), layout="constrained")
        ax = figure.add_subplot()
        ax.patch.set(hatch="///", edgecolor="#c8cdd2")  # what the image does not cover is padding
        ax.imshow(read, cmap="Blues", vmin=0, vmax=1.4, interpolation="nearest")
        ax.add_patch(Rectangle(first[::-1], field.size, field.size, fill=False, edgecolor="#c04a00", linewidth=2.5))
        low = min(-0.5, *first)
        high = max(self.image_size - 0.5, *(edge + field.size for edge in first))
        ax.set(xlim=(low - 1, high + 1), ylim=(high + 1, low - 1), xlabel="column", ylabel="row")
        ax.set_title(
            f"One unit sees {field.size} × {field.size} cells (frame) and reads {len(rows) * len(cols)} (blue)",
            fontsize=12,
        )
        return figure


def map_sizes(layers, image_size):
    """Height and width of every map, the image's first.

    Args:
        layers: List of `(kernel, stride, dilation)`, padded as Keras's `"same"`.
        image_size: Height and width of the image.

    Returns:
        List of int, one more than there are layers.

    Example:
        >>> map_sizes([(3, 2, 1), (3, 1, 4), (3, 2, 1)], 15)
        [15, 8, 8, 4]
    """
    sizes = [image_size]
    for _, strides, _ in layers:
        sizes.append(-(-sizes[-1] // strides))
    return sizes


def _checked_layers(layers):
    layers = [_checked(layer) for layer in layers]
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise InputError(f"layers must hold from 1 to {MOST_LAYERS} layers, got {len(layers)}.")
    return layers


def _checked(layer):
    if not 1 <= len(layer) <= 3:
        raise InputError(f"a layer must be (kernel, stride, dilation), got {layer!r}.")
    values = [*layer, 1, 1][:3]
    for (name, (low, high)), value in zip(LIMITS.items(), values, strict=True):
        if value not in range(low, high + 1):
            raise InputError(
                f"{name} of a layer must be a whole number from {low} to {high}, got {value!r} in {layer!r}."
            )
    return [int(value) for value in values]
