"""Transposed convolution, step by step: every input cell paints its copy of the kernel onto the output."""

import numpy as np
import traitlets

from seglab.convolution import transposed_conv2d, transposed_conv_parts
from seglab.errors import InputError
from seglab.widgets.base import Demo

LARGEST_INPUT = 4
LARGEST_KERNEL = 5
LARGEST_STRIDES = 4
PADDINGS = (0, 1, 2, "valid", "same")
VIEWS = ("values", "copies")


class TransposedConvolution(Demo):
    """A transposed convolution to walk through: input, kernel, the scaled copy, the output and the matrix.

    Each trait is the state of one control; a change of it in Python moves the control.

    Args:
        x: Square array `(n, n)`, n from 1 to 4: the input. Counts up from 1 on 3 x 3 cells if `None`.
        kernel: Square array `(k, k)`, k from 1 to 5. Counts up from 1 on 3 x 3 cells if `None`.
        strides: Step in the output per step in the input, from 1 to 4.
        padding: Rows and columns cropped from every side, 0, 1 or 2; or `"valid"` or `"same"` as Keras has them.
        step: Number of copies painted at the start, from 0 to n * n. All if `None`.
        view: What the output shows: `"values"`, or `"copies"`, how many copies touch each cell.

    Raises:
        InputError: If an argument is out of its range, or the padding leaves nothing of the output.

    Example:
        >>> demo = TransposedConvolution([[0, 1], [2, 3]], [[0, 1], [2, 3]], strides=2)
        >>> demo.step, demo.output().tolist()
        (4, [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 2.0, 3.0], [0.0, 2.0, 0.0, 3.0], [4.0, 6.0, 6.0, 9.0]])
    """

    title = "Transposed convolution, step by step"

    x = traitlets.List().tag(sync=True)
    kernel = traitlets.List().tag(sync=True)
    strides = traitlets.Int(2, min=1, max=LARGEST_STRIDES).tag(sync=True)
    padding = traitlets.Enum(PADDINGS).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)
    view = traitlets.Enum(VIEWS).tag(sync=True)

    def __init__(self, x=None, kernel=None, *, strides=2, padding=0, step=None, view="values"):
        x = _square("x", np.arange(1, 10).reshape(3, 3) if x is None else x, LARGEST_INPUT)
        kernel = _square("kernel", np.arange(1, 10).reshape(3, 3) if kernel is None else kernel, LARGEST_KERNEL)
        if strides not in range(1, LARGEST_STRIDES + 1):
            raise InputError(f"strides must be a whole number from 1 to {LARGEST_STRIDES}, got {strides!r}.")
        if padding not in PADDINGS:
            raise InputError(f"padding must be one of {', '.join(map(repr, PADDINGS))}, got {padding!r}.")
        if view not in VIEWS:
            raise InputError(f"view must be one of {', '.join(map(repr, VIEWS))}, got {view!r}.")
        step = x.size if step is None else step
        if step not in range(x.size + 1):
            raise InputError(f"step must be a whole number from 0 to {x.size}, one per input cell, got {step!r}.")
        transposed_conv2d(x, kernel, strides=strides, padding=padding)  # refuses a padding that leaves nothing
        super().__init__(x=x.tolist(), kernel=kernel.tolist(), strides=strides, padding=padding, step=step, view=view)

    @traitlets.validate("x")
    def _check_x(self, proposal):
        return _square("x", proposal.value, LARGEST_INPUT).tolist()

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        return _square("kernel", proposal.value, LARGEST_KERNEL).tolist()

    def output(self):
        """Compute the whole output in Python, whatever step the demo stands at.

        Returns:
            float array, the transposed convolution of `x` with `kernel`.

        Example:
            >>> TransposedConvolution([[2]], [[1, 3], [5, 7]]).output()
            array([[ 2.,  6.],
                   [10., 14.]])
        """
        return transposed_conv2d(
            np.array(self.x, float), np.array(self.kernel, float), strides=self.strides, padding=self.padding
        )

    def describe(self):
        """Return the settings and the size of the output in words."""
        output = self.output()
        return (
            f"Transposed convolution of {len(self.x)} x {len(self.x)} cells with a kernel of {len(self.kernel)} x "
            f"{len(self.kernel)}, stride {self.strides}, padding {self.padding}: {output.shape[0]} x "
            f"{output.shape[1]} cells, the sum of {len(self.x) ** 2} scaled copies of the kernel."
        )

    def static(self):
        """Return input, kernel, output and the number of copies per cell before cropping as one figure."""
        from matplotlib.figure import Figure

        x, kernel = np.array(self.x, float), np.array(self.kernel, float)
        side = (len(x) - 1) * self.strides + len(kernel)
        copies = np.zeros((side, side))
        for row, col, patch in transposed_conv_parts(x, kernel, strides=self.strides):
            copies[row : row + len(patch), col : col + len(patch)] += 1
        output = self.output()
        panels = {
            f"Input {len(x)} × {len(x)}": x,
            f"Kernel {len(kernel)} × {len(kernel)}": kernel,
            f"Output {len(output)} × {len(output)}": output,
            "Copies per cell, before cropping": copies,
        }
        widths = [max(len(cells), 2.5) for cells in panels.values()]
        figure = Figure(figsize=(11, 4.2), layout="constrained")
        for ax, (title, cells) in zip(figure.subplots(1, 4, width_ratios=widths), panels.items(), strict=True):
            _show_cells(ax, cells)
            ax.set_title(title, fontsize=11)
            ax.set_anchor("N")
        figure.suptitle(
            f"Stride {self.strides}, padding {self.padding}: each input cell paints its copy of the kernel", fontsize=13
        )
        return figure


def _show_cells(ax, cells):
    strength = np.abs(cells) / max(np.abs(cells).max(), 1e-9)
    ax.imshow(strength, cmap="Blues", vmin=0, vmax=1.8)
    ax.set_xticks(np.arange(len(cells) + 1) - 0.5, labels=[])
    ax.set_yticks(np.arange(len(cells) + 1) - 0.5, labels=[])
    ax.grid(color="#8c959f", linewidth=0.5)
    ax.tick_params(length=0)
    for (row, col), value in np.ndenumerate(cells):
        ax.text(col, row, f"{value:.3g}", ha="center", va="center", fontsize=12 - len(cells) / 3)


def _square(name, values, largest):
    values = np.asarray(values, float)
    if values.ndim != 2 or len(set(values.shape)) != 1 or not 1 <= len(values) <= largest:
        raise InputError(f"{name} must be square, from 1 x 1 to {largest} x {largest} cells, got shape {values.shape}.")
    if not np.isfinite(values).all():
        raise InputError(f"{name} must hold finite numbers, got {values[~np.isfinite(values)][0]}.")
    return values
