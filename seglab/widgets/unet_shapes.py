"""U-Net shape explorer: every map's size and channels, the crops, the weights and the memory of a U-Net."""

from typing import NamedTuple

import traitlets

from seglab import unet_sizes
from seglab.errors import InputError
from seglab.widgets.base import Demo
from seglab.widgets.unet_shapes_picture import draw_unet

LIMITS = {
    "size": (1, 1536),
    "depth": (1, 6),
    "base_filters": (1, 64),
    "channels": (1, 4),
    "num_classes": (1, 21),
}
PADDINGS = ("same", "valid")


class Map(NamedTuple):
    """One map of a U-Net and the layer that makes it.

    Attributes:
        block: "encoder1", ..., "bottleneck", ..., "decoder1", or "logits".
        kind: "input", "conv", "pool", "up", "concat" or "logits".
        size: Height and width in pixels.
        channels: Number of channels.
        weights: Number of weights of the layer; batch normalization counts four per channel.
    """

    block: str
    kind: str
    size: int
    channels: int
    weights: int


class UNetShapes(Demo):
    """The U of a U-Net, drawn with the size and the channels of every map.

    With `padding="valid"` it is `seglab.models.unet_paper`, with `padding="same"` and `batch_norm=True` it is
    `seglab.models.unet`. A change of a trait in Python moves the demo.

    Args:
        size: Height and width of the input, from 1 to 1536. It need not be legal: the demo names the nearest that are.
        depth: Number of poolings, from 1 to 6.
        base_filters: Number of filters at full size, from 1 to 64; they double at every pooling.
        padding: "same", or "valid" as in the paper.
        channels: Number of channels of the input, from 1 to 4.
        num_classes: Number of channels of the output, from 1 to 21.
        batch_norm: Whether every 3 x 3 convolution is normalized (and then has no bias).

    Raises:
        InputError: If an argument is out of its range.

    Example:
        >>> demo = UNetShapes(572, padding="valid", channels=1, num_classes=2)
        >>> demo.output_size(), demo.weights()
        (388, 31030658)
    """

    title = "U-Net shape explorer"

    size = traitlets.Int(572, min=LIMITS["size"][0], max=LIMITS["size"][1]).tag(sync=True)
    depth = traitlets.Int(4, min=LIMITS["depth"][0], max=LIMITS["depth"][1]).tag(sync=True)
    base_filters = traitlets.Int(64, min=LIMITS["base_filters"][0], max=LIMITS["base_filters"][1]).tag(sync=True)
    padding = traitlets.Enum(PADDINGS, "same").tag(sync=True)
    channels = traitlets.Int(3, min=LIMITS["channels"][0], max=LIMITS["channels"][1]).tag(sync=True)
    num_classes = traitlets.Int(1, min=LIMITS["num_classes"][0], max=LIMITS["num_classes"][1]).tag(sync=True)
    batch_norm = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, size=256, *, depth=4, base_filters=64, padding="same", channels=3, num_classes=1, batch_norm=False
    ):
        numbers = {
            "size": size,
            "depth": depth,
            "base_filters": base_filters,
            "channels": channels,
            "num_classes": num_classes,
        }
        for name, value in numbers.items():
            low, high = LIMITS[name]
            if isinstance(value, bool) or value not in range(low, high + 1):
                raise InputError(f"{name} must be a whole number from {low} to {high}, got {value!r}.")
        if padding not in PADDINGS:
            raise InputError(f"padding must be one of {', '.join(map(repr, PADDINGS))}, got {padding!r}.")
        super().__init__(padding=padding, batch_norm=bool(batch_norm), **numbers)

    def is_legal(self):
        """Tell whether the input fits: every pooling halves an even map, and the skips fit.

        Returns:
            `bool`.

        Example:
            >>> UNetShapes(572, padding="valid").is_legal(), UNetShapes(570, padding="same").is_legal()
            (True, False)
        """
        if self.padding == "valid":
            return unet_sizes.is_legal(self.size, self.depth)
        return self.size % 2**self.depth == 0

    def nearest_legal(self):
        """Find the nearest legal sizes that are not the present one.

        Returns:
            `(below, above)`; `below` is `None` where there is none.

        Example:
            >>> UNetShapes(572, padding="valid").nearest_legal(), UNetShapes(100, padding="same").nearest_legal()
            ((556, 588), (96, 112))
        """
        step = 2**self.depth
        offset = 4 if self.padding == "valid" else 0
        smallest = unet_sizes.input_size(1, self.depth) if self.padding == "valid" else step
        below = (self.size - 1 + offset) // step * step - offset
        above = max((self.size + offset) // step * step + step - offset, smallest)
        return (below if below >= smallest else None), above

    def output_size(self):
        """Height and width of the output, `None` for an illegal input."""
        if not self.is_legal():
            return None
        return unet_sizes.output_size(self.size, self.depth) if self.padding == "valid" else self.size

    def maps(self):
        """Follow the input through the network.

        Returns:
            List of `Map`, in the order of the network. Every layer's output is one, except that ReLU and batch
            normalization belong to their convolution, and a crop to its concatenation. Sizes are `None` where the
            input is not legal.

        Example:
            >>> UNetShapes(572, padding="valid").maps()[-4]
            Map(block='decoder1', kind='concat', size=392, channels=128, weights=0)
        """
        legal, size, cin = self.is_legal(), self.size, self.channels
        maps = [Map("encoder1", "input", size if legal else None, cin, 0)]

        def add(block, kind, channels, weights):
            maps.append(Map(block, kind, size if legal else None, channels, weights))

        def convs(block, cin, filters):
            nonlocal size
            for inputs in (cin, filters):
                size -= 2 if self.padding == "valid" else 0
                add(block, "conv", filters, 9 * inputs * filters + (4 if self.batch_norm else 1) * filters)

        for level in range(1, self.depth + 1):
            filters = self.base_filters * 2 ** (level - 1)
            convs(f"encoder{level}", cin, filters)
            size, cin = size // 2, filters
            add(f"encoder{level + 1}" if level < self.depth else "bottleneck", "pool", filters, 0)
        convs("bottleneck", cin, self.base_filters * 2**self.depth)
        for level in range(self.depth, 0, -1):
            filters = self.base_filters * 2 ** (level - 1)
            size *= 2
            add(f"decoder{level}", "up", filters, 4 * 2 * filters * filters + filters)
            add(f"decoder{level}", "concat", 2 * filters, 0)
            convs(f"decoder{level}", 2 * filters, filters)
        add("logits", "logits", self.num_classes, (self.base_filters + 1) * self.num_classes)
        return maps

    def crops(self):
        """Pixels that each skip loses per side, the finest level first; zeros with padding "same"."""
        return unet_sizes.crops(self.depth) if self.padding == "valid" else (0,) * self.depth

    def weights(self):
        """Count the weights of the network; they do not depend on the size of the input.

        Returns:
            `int`.

        Example:
            >>> UNetShapes(128, depth=2, padding="same").weights()
            1862849
        """
        return sum(one.weights for one in self.maps())

    def activation_bytes(self):
        """Count the bytes of all maps of one image in float32; a training step has to keep most of them.

        Returns:
            `int`, or `None` for an illegal input.

        Example:
            >>> round(UNetShapes(572, padding="valid", channels=1, num_classes=2).activation_bytes() / 2**20)
            697
        """
        if not self.is_legal():
            return None
        return 4 * sum(one.size**2 * one.channels for one in self.maps())

    def describe(self):
        """Return the network and its sizes in words."""
        network = (
            f"A U-Net with {self.depth} poolings, {self.base_filters} filters at full size and padding "
            f"{self.padding!r}: {self.weights():,} weights."
        )
        below, above = self.nearest_legal()
        if not self.is_legal():
            nearest = f"{below} and {above}" if below else f"{above}"
            return f"{network} An input of {self.size} x {self.size} does not fit; nearest that do: {nearest}."
        deepest = next(one for one in reversed(self.maps()) if one.block == "bottleneck")
        return (
            f"{network} {self.size} x {self.size} in, {deepest.size} x {deepest.size} x {deepest.channels} at the "
            f"bottom, {self.output_size()} x {self.output_size()} out; the maps of one image take "
            f"{self.activation_bytes() / 2**20:.0f} MB."
        )

    def static(self):
        """Return the U as a figure: every block's size and channels, and what the skips carry."""
        return draw_unet(self)
