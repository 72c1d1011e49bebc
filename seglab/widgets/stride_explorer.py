"""Stride explorer: what a coarse grid of perfect class scores keeps of a shape, at the strides of a network."""

import numpy as np
import traitlets

from seglab.errors import InputError
from seglab.metrics import boundary_distance
from seglab.resampling import upsample_bilinear
from seglab.widgets.base import Demo, bytes_from_front_end
from seglab.widgets.iou_playground import IoUPlayground, kind_colors, rasterize

STRIDES = (32, 16, 8, 4, 2)
_RESOLUTION = 192  # rows of a drawn shape, more than it is ever shown at


class StrideExplorer(Demo):
    """A shape to drag and resize, and what is left of it after perfect scores at stride 32, 16, 8, 4 or 2.

    Perfect means: every cell of the grid knows exactly which share of it the shape covers. These shares are enlarged
    bilinearly, and a pixel belongs to the prediction where the enlarged share is more than one half. So nothing is
    learned, and every error is the grid's.

    Args:
        y_true: Bool array `(H, W)`, or integers 0 and 1: a mask of your own, whose height and width are divisible by
            32; `None` for a drawn shape.
        size: `(height, width)` of the picture where no mask says it, both divisible by 32.
        shape: `"disc"`, `"ring"`, `"triangle"`, `"person"` or `"car"`: what to start with where no mask is given.
        stride: 32, 16, 8, 4 or 2.

    Raises:
        InputError: If an argument is not one of these.

    Example:
        >>> demo = StrideExplorer(shape="disc")
        >>> coarse, fine = (demo.scores(stride)["iou"] for stride in (32, 4))
        >>> coarse < fine
        True
    """

    title = "Stride explorer"
    borrows = ("iou_playground_masks.js", "iou_playground_drawing.js")

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    shapes = traitlets.Dict().tag(sync=True, from_json=bytes_from_front_end)
    shape = traitlets.Unicode().tag(sync=True)
    box = traitlets.List(traitlets.Int()).tag(sync=True)
    stride = traitlets.Int().tag(sync=True)
    distance = traitlets.Int().tag(sync=True)
    colors = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, y_true=None, *, size=(128, 192), shape="person", stride=16):
        shapes = drawn_shapes()
        if y_true is None and shape not in shapes:
            raise InputError(f"shape must be one of {', '.join(shapes)}, got {shape!r}.")
        height, width = (int(side) for side in (size if y_true is None else np.shape(y_true)[:2]))
        if height < 32 or width < 32 or height % 32 or width % 32:
            name = "size" if y_true is None else "y_true"
            raise InputError(
                f"{name} must have height and width divisible by 32, got {height} x {width}. Crop it, or pad it?"
            )
        if y_true is None:
            tall, wide = shapes[shape]["size"]
            rows = round(min(height * 0.56, width * 0.6 * tall / wide))
            cols = round(rows * wide / tall)
            # Off the middle of the picture, where the edges of cells and of shapes seldom meet.
            box = [round((height - rows) * 0.4), round((width - cols) * 0.45), rows, cols]
        else:
            own = IoUPlayground(y_true=y_true)
            shape, box = "yours", own.true_box
            shapes = {shape: own.true_shape, **shapes}
        super().__init__(
            height=height,
            width=width,
            shapes=shapes,
            shape=shape,
            box=box,
            stride=stride,
            distance=boundary_distance(height, width),
            colors=kind_colors(),
        )
        self.numbers = self.scores()

    @traitlets.validate("stride")
    def _check_stride(self, proposal):
        return _checked_stride(proposal.value)

    @property
    def y_true(self):
        """The shape as it is now, bool `(H, W)`."""
        return rasterize(self.shapes[self.shape], self.box, self.height, self.width)

    def through(self, stride=None):
        """Send the shape through the grid, in Python.

        Args:
            stride: Height and width of a cell in pixels; `None` for that of the demo.

        Returns:
            `(shares, y_pred)`: float array `(H / stride, W / stride)`, the share of each cell that the shape covers,
            and bool array `(H, W)`, what comes back.

        Raises:
            InputError: If the stride is none of the demo's.

        Example:
            >>> shares, y_pred = StrideExplorer().through(32)
            >>> shares.shape, y_pred.shape
            ((4, 6), (128, 192))
        """
        stride = self.stride if stride is None else _checked_stride(stride)
        shares = self.y_true.reshape(self.height // stride, stride, self.width // stride, stride).mean(axis=(1, 3))
        return shares, upsample_bilinear(shares, stride) > 0.5

    def scores(self, stride=None):
        """Compute in Python, with `seglab.metrics`, what the demo computes in the browser.

        Args:
            stride: As for `through`.

        Returns:
            Dict as of `IoUPlayground.scores`, with the number of `cells` of the grid and of `wrong` pixels.

        Raises:
            InputError: If the stride is none of the demo's.

        Example:
            >>> StrideExplorer(size=(64, 96)).scores(16)["cells"]
            24
        """
        shares, y_pred = self.through(stride)
        pair = IoUPlayground(y_true=self.y_true, y_pred=y_pred)
        pair.distance = self.distance
        measures = pair.scores()
        return {**measures, "cells": shares.size, "wrong": measures["fp"] + measures["fn"]}

    def describe(self):
        """Return the shape, the grid and both measures in words."""
        scores = self.scores()
        return (
            f"{self.shape.capitalize()} of {int(self.y_true.sum()):,} pixels on {self.height} x {self.width}, through "
            f"perfect scores at stride {self.stride}, {self.height // self.stride} x {self.width // self.stride} "
            f"cells: IoU {_digits(scores['iou'])}, boundary IoU {_digits(scores['boundary_iou'])}."
        )

    def static(self):
        """Return the coarse scores and what comes back at every stride, as a figure."""
        from matplotlib.figure import Figure

        from seglab.visualization import show_errors
        from seglab.visualization.errors import error_handles

        figure = Figure(figsize=(10, 10 * self.height / self.width * 0.67 + 1.1), layout="constrained")
        axes = figure.subplots(2, 3).ravel()
        truth = self.y_true
        shares, _ = self.through()
        axes[0].imshow(shares, cmap="Greys", vmin=0, vmax=1.5, interpolation="nearest", extent=self._extent())
        axes[0].contour(truth, [0.5], colors="#c04a00", linewidths=1.8, extent=self._extent(), origin="upper")
        axes[0].set_title(f"Perfect scores at stride {self.stride}", loc="left")
        axes[0].set(xticks=[], yticks=[])
        for ax, stride in zip(axes[1:], STRIDES, strict=True):
            scores, y_pred = self.scores(stride), self.through(stride)[1]
            title = f"Stride {stride}: IoU {_digits(scores['iou'])}, boundary {_digits(scores['boundary_iou'])}"
            show_errors(truth.astype(int), y_pred.astype(int), legend=False, title=title, ax=ax)
        names = {"true positive": "right", "false positive": "too much", "false negative": "lost"}
        handles = error_handles([0, 1, 1, 1, 0, 0])
        for handle in handles:
            handle.set_label(names[handle.get_label().split(":")[0]])
        figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
        return figure

    def _extent(self):
        return (0, self.width, self.height, 0)


def drawn_shapes():
    """Draw the shapes that the demo offers.

    Returns:
        Dict from a name to a shape as `iou_playground.rasterize` takes it; a mask's `size` is its (height, width).

    Example:
        >>> list(drawn_shapes())
        ['disc', 'ring', 'triangle', 'person', 'car']
    """
    from seglab.datasets.street_sprites import Car, Person

    rows, cols = (np.mgrid[:_RESOLUTION, :_RESOLUTION] + 0.5) / _RESOLUTION
    distance = np.hypot(rows - 0.5, cols - 0.5)
    size, center, ground = (_RESOLUTION, 2 * _RESOLUTION), _RESOLUTION, 0.95 * _RESOLUTION
    person = Person(np.random.default_rng(1), size, center, ground, 0.9 * _RESOLUTION)
    car = Car(np.random.default_rng(0), size, center, ground, 1.8 * _RESOLUTION)
    masks = {
        "ring": (distance < 0.5) & (distance > 0.36),
        "triangle": np.abs(cols - 0.5) < rows / 2,
        "person": person.mask,
        "car": car.mask,
    }
    shapes = {"disc": {"kind": "ellipse", "size": [1, 1]}}
    for name, mask in masks.items():
        kept = mask[np.ix_(mask.any(axis=1), mask.any(axis=0))]
        shapes[name] = {"kind": "mask", "size": list(kept.shape), "data": kept.astype(np.uint8).tobytes()}
    return shapes


def _checked_stride(stride):
    if stride not in STRIDES:
        raise InputError(f"stride must be one of {', '.join(map(str, STRIDES))}, got {stride!r}.")
    return int(stride)


def _digits(value):
    return "n/a" if value is None else f"{value:.3f}"
