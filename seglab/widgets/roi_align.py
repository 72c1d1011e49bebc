"""RoIAlign explorer: a box to drag over the cells of a feature map, and where RoIPool and RoIAlign read it."""

import numpy as np
import traitlets

from seglab.boxes import box_iou, mask_boxes
from seglab.errors import InputError
from seglab.roi import roi_align, roi_pool
from seglab.widgets.base import Demo, bytes_from_front_end
from seglab.widgets.iou_playground import rasterize
from seglab.widgets.stride_explorer import drawn_shapes

STRIDES = (4, 8, 16, 32)
BINS = (2, 4, 7)
MAPS = ("object", "row", "column")
ASKED, READ, SAMPLED = "#0072b2", "#d55e00", "#009e73"  # of Okabe and Ito; solid, dashed and dots besides
_BORDER = 2  # cells around a map, so that no region and no sample near the image's edge is cut off


class RoIAlignExplorer(Demo):
    """A box to drag and resize, the region that RoIPool reads for it, the samples of RoIAlign, and both results.

    The feature map is the mean of the image in each cell, or the row or the column of the cell's middle in pixels: a
    map that knows where it is, so that a wrong place is a wrong number. Nothing is learned.

    Args:
        image: Array `(H, W)`, bool or float in [0, 1], kept in steps of 1/255, with sides divisible by 32; `None` for a
            drawn person. For a feature map of your own, repeat each cell: `np.kron(features, np.ones((16, 16)))`.
        box: `(top, left, bottom, right)`, whole pixels inside the image; `None` for the box around what is above 0.5.
        stride: Pixels per cell: 4, 8, 16 or 32.
        bins: Rows and columns of the results: 2, 4 or 7.
        aligned: As in `seglab.roi.roi_align`.
        shown: The map that is cut: `"object"` (the image), `"row"` or `"column"`.

    Raises:
        InputError: If an argument is not one of these.

    Example:
        >>> demo = RoIAlignExplorer(box=(16, 16, 48, 80), stride=16)
        >>> demo.scores()["read"]  # the last cell is included: one row and one column of cells too many
        [16, 16, 64, 96]
    """

    title = "RoIAlign explorer"
    borrows = ("iou_playground_masks.js", "iou_playground_drawing.js")

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True, from_json=bytes_from_front_end)
    box = traitlets.List(traitlets.Int()).tag(sync=True)
    stride = traitlets.Int().tag(sync=True)
    bins = traitlets.Int().tag(sync=True)
    aligned = traitlets.Bool().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, image=None, *, box=None, stride=16, bins=7, aligned=True, shown="object"):
        image = _drawn_person() if image is None else _checked_image(image)
        height, width = image.shape
        if box is None:
            above = image > 0.5
            box = mask_boxes(above[None])[0] if above.any() else (height // 4, width // 4, height // 2, width // 2)
        super().__init__(
            height=height,
            width=width,
            pixels=np.rint(image * 255).astype(np.uint8).tobytes(),
            box=_checked_box(box, height, width),
            stride=stride,
            bins=bins,
            aligned=bool(aligned),
            shown=shown,
        )
        self.numbers = self.scores()

    @traitlets.validate("box")
    def _check_box(self, proposal):
        return _checked_box(proposal.value, self.height, self.width)

    @traitlets.validate("stride", "bins", "shown")
    def _check_choice(self, proposal):
        name, value = proposal.trait.name, proposal.value
        options = {"stride": STRIDES, "bins": BINS, "shown": MAPS}[name]
        if value not in options:
            raise InputError(f"{name} must be one of {', '.join(map(str, options))}, got {value!r}.")
        return value

    @property
    def image(self):
        """The image as it is kept, float `(H, W)` in [0, 1]."""
        return np.frombuffer(self.pixels, np.uint8).reshape(self.height, self.width) / 255

    def features(self):
        """Compute in Python the map that is cut.

        Returns:
            Float array `(H / stride, W / stride)`.

        Example:
            >>> RoIAlignExplorer(stride=32, shown="row").features()[:, 0]
            array([ 16.,  48.,  80., 112.])
        """
        stride = self.stride
        rows, cols = self.height // stride, self.width // stride
        if self.shown == "object":
            return self.image.reshape(rows, stride, cols, stride).mean(axis=(1, 3))
        count, shape = (rows, (-1, 1)) if self.shown == "row" else (cols, (1, -1))
        return np.broadcast_to(((np.arange(count) + 0.5) * stride).reshape(shape), (rows, cols))

    def cut(self):
        """Cut the box out of the map in Python, with `seglab.roi`.

        Returns:
            `(pooled, aligned)`: what `roi_pool` and `roi_align` give, float arrays `(bins, bins)`.

        Example:
            >>> pooled, aligned = RoIAlignExplorer(box=(20, 20, 60, 60), bins=2, shown="row").cut()
            >>> pooled[:, 0], aligned[:, 0]
            (array([40., 72.]), array([30., 50.]))
        """
        size = (self.bins, self.bins)
        pooled = roi_pool(self.features(), self.box, size, strides=self.stride)
        return pooled, roi_align(self.features(), self.box, size, strides=self.stride, aligned=self.aligned)

    def scores(self):
        """Compute in Python what the demo computes in the browser.

        Places are found with maps of places that reach beyond the image: the region that RoIPool takes may do so, too.

        Returns:
            Dict with `read`, the region of RoIPool as a box in pixels; `shift`, how far its middle lies below and to
            the right of the middle of the box; `iou` of both; `pool_off` and `align_off`, the largest distance in
            pixels, along rows or columns, between the middle of a bin and the middle of what is read for it.

        Example:
            >>> RoIAlignExplorer(box=(20, 20, 60, 60), stride=8, aligned=False).scores()["align_off"]
            4.0
        """
        stride, box, margin = self.stride, np.array(self.box), _BORDER * self.stride
        starts, ends, sampled = (np.zeros((2, self.bins)) for _ in range(3))
        for axis, side in enumerate((self.height, self.width)):
            line = (np.arange(side // stride + 2 * _BORDER) + 0.5) * stride
            inside = [margin, box[axis] + margin, 2 * margin, box[axis + 2] + margin]  # rows are of no interest
            bins, ramp = (1, self.bins), np.tile(line, (2 * _BORDER + 1, 1))
            starts[axis] = -roi_pool(-ramp, inside, bins, strides=stride)[0] - stride / 2 - margin
            ends[axis] = roi_pool(ramp, inside, bins, strides=stride)[0] + stride / 2 - margin
            sampled[axis] = roi_align(ramp, inside, bins, strides=stride, aligned=self.aligned)[0] - margin
        asked = box[:2, None] + (np.arange(self.bins) + 0.5) * (box[2:] - box[:2])[:, None] / self.bins  # (2, bins)
        read = np.concatenate([starts[:, 0], ends[:, -1]])
        return {
            "read": read.astype(int).tolist(),
            "shift": ((read - box).reshape(2, 2).mean(axis=0)).tolist(),
            "iou": float(box_iou([box], [read])[0, 0]),
            "pool_off": float(np.abs((starts + ends) / 2 - asked).max()),
            "align_off": float(np.abs(sampled - asked).max()),
        }

    def describe(self):
        """Return the box, the region that RoIPool reads and the errors in words."""
        scores = self.scores()
        top, left, bottom, right = self.box
        first, start, last, end = scores["read"]
        return (
            f"A box of rows {top} to {bottom} and columns {left} to {right} at stride {self.stride}: RoIPool reads "
            f"rows {first} to {last} and columns {start} to {end}, IoU {scores['iou']:.3f}. The middles of its "
            f"{self.bins} x {self.bins} bins are off by up to {scores['pool_off']:.1f} pixels, those of RoIAlign "
            f"{'' if self.aligned else 'with aligned=False '}by up to {scores['align_off']:.1f}."
        )

    def static(self):
        """Return the box, the region read, the samples and both results as a figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 4.4), layout="constrained")
        axes = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
        self._draw_places(axes[0])
        figure.legend(loc="outside lower left", ncols=3, frameon=False, handlelength=1.6)
        scores = self.scores()
        for ax, name, result in zip(axes[1:], ("RoIPool", "RoIAlign"), self.cut(), strict=True):
            ax.imshow(result, cmap="Greys", vmin=0, vmax=self.features().max() * 1.5, interpolation="nearest")
            for (row, col), value in np.ndenumerate(result):
                text = f"{value:.2f}" if self.shown == "object" else f"{value:.0f}"
                ax.text(col, row, text, ha="center", va="center", fontsize=8)
            off = scores["pool_off" if name == "RoIPool" else "align_off"]
            ax.set_title(f"{name}: bins off by up to {off:.1f} pixels", loc="left", fontsize="medium")
            ax.set(xticks=[], yticks=[])
        return figure

    def _draw_places(self, ax):
        from matplotlib.patches import Rectangle

        extent = (0, self.width, self.height, 0)
        ax.imshow(self.image, cmap="Greys", vmin=0, vmax=2, interpolation="nearest", extent=extent)
        scores, stride = self.scores(), self.stride
        ax.set(xticks=range(0, self.width + 1, stride), yticks=range(0, self.height + 1, stride))
        ax.grid(color="0.7", linewidth=0.5)
        ax.tick_params(labelbottom=False, labelleft=False, length=0)
        for (top, left, bottom, right), color, style, name in (
            (self.box, ASKED, "-", "asked"),
            (scores["read"], READ, "--", "RoIPool reads"),
        ):
            size = (right - left, bottom - top)
            ax.add_patch(
                Rectangle((left, top), *size, fill=False, edgecolor=color, linestyle=style, linewidth=2.2, label=name)
            )
        across, down = np.meshgrid(*(self._samples(axis) for axis in (1, 0)))
        ax.plot(across.ravel(), down.ravel(), ".", color=SAMPLED, markersize=4, label="RoIAlign samples")
        ax.set_title(f"Stride {stride}: IoU of both boxes {scores['iou']:.2f}", loc="left", fontsize="medium")

    def _samples(self, axis):
        """Where RoIAlign reads along an axis, in pixels of the image."""
        start, length = self.box[axis], self.box[axis + 2] - self.box[axis]
        if not self.aligned:
            start, length = start + self.stride / 2, max(length, self.stride)
        return start + (np.arange(2 * self.bins) + 0.5) * length / (2 * self.bins)


def _drawn_person():
    """A person on a small image, off the lines of every grid."""
    return rasterize(drawn_shapes()["person"], (13, 41, 99, 36), 128, 128).astype(float)


def _checked_image(image):
    image = np.asarray(image)
    height, width = image.shape if image.ndim == 2 else (0, 0)
    if height < 32 or width < 32 or height % 32 or width % 32:
        raise InputError(f"image must have shape (H, W), both divisible by 32, got {image.shape}. Crop it, or pad it?")
    image = image.astype(float)
    if not (np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1):
        found = f"{image.min():g} to {image.max():g}"
        raise InputError(f"image must lie in [0, 1], got values from {found}. Divide by 255?")
    return image


def _checked_box(box, height, width):
    numbers = np.asarray(box, float)
    whole = numbers.shape == (4,) and (numbers == np.round(numbers)).all()
    if not whole or not (0 <= numbers[0] < numbers[2] <= height and 0 <= numbers[1] < numbers[3] <= width):
        raise InputError(
            f"box must be whole pixels (top, left, bottom, right) inside the image of {height} x {width}, "
            f"got {np.asarray(box).tolist()}."
        )
    return [int(number) for number in numbers]
