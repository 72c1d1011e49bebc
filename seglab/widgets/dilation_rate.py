"""Dilation rates on a small map: which taps of atrous kernels still read the map, and which read padding."""

import numpy as np
import traitlets

from seglab.convolution import mean_valid_taps
from seglab.errors import InputError
from seglab.widgets.base import Demo

MAP_SIZES = (4, 65)
KERNELS = (1, 3, 5)
RATES = (1, 24)
MOST_RATES = 4
# Colors and shapes of the branches in both drawings, those of Okabe and Ito and of Matplotlib.
MARKS = (("#0072b2", "o"), ("#d55e00", "s"), ("#009e73", "D"), ("#cc79a7", "^"))


class DilationRate(Demo):
    """The taps of one or more atrous kernels around one pixel of a map, as in an atrous pyramid (ASPP).

    Every kernel pads with zeros so that the map keeps its size. A change of a trait in Python moves the demo.

    Args:
        rates: Dilation rate of each branch, one to four integers from 1 to 24.
        map_size: Height and width of the map, from 4 to 65.
        kernel: Taps along each side of a kernel: 1, 3 or 5.
        center: `(row, col)` of the pixel that is computed. The one in the middle if `None`.

    Raises:
        InputError: If an argument is out of its range.

    Example:
        >>> demo = DilationRate([6, 12], map_size=8)
        >>> demo.valid_taps(), demo.mean_taps()
        ([1, 1], [2.25, 1.0])
    """

    title = "Dilation rates on a map"

    rates = traitlets.List(traitlets.Int()).tag(sync=True)
    map_size = traitlets.Int(33, min=MAP_SIZES[0], max=MAP_SIZES[1]).tag(sync=True)
    kernel = traitlets.Int(3).tag(sync=True)
    center = traitlets.List(traitlets.Int(min=0)).tag(sync=True)

    def __init__(self, rates=(6, 12, 18), *, map_size=33, kernel=3, center=None):
        rates = _checked_rates(rates)
        if map_size not in range(MAP_SIZES[0], MAP_SIZES[1] + 1):
            raise InputError(
                f"map_size must be a whole number from {MAP_SIZES[0]} to {MAP_SIZES[1]}, got {map_size!r}."
            )
        center = [map_size // 2] * 2 if center is None else [int(index) for index in center]
        if len(center) != 2 or not all(0 <= index < map_size for index in center):
            raise InputError(f"center must be (row, col), both in [0, {map_size}), got {center}.")
        super().__init__(rates=rates, map_size=map_size, kernel=_checked_kernel(kernel), center=center)

    @traitlets.validate("rates")
    def _check_rates(self, proposal):
        return _checked_rates(proposal.value)

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        return _checked_kernel(proposal.value)

    def taps(self, rate):
        """Find in Python the places that a kernel around the center reads.

        Args:
            rate: Dilation rate of the kernel.

        Returns:
            Two arrays: integers `(taps, 2)` with the row and column of every tap, and booleans `(taps,)` that say
            which of them lie on the map. A `center` beyond the map counts as its last pixel.

        Example:
            >>> places, valid = DilationRate(map_size=8, center=(0, 0)).taps(6)
            >>> places[valid].tolist()
            [[0, 0], [0, 6], [6, 0], [6, 6]]
        """
        offsets = (np.arange(self.kernel) - self.kernel // 2) * rate
        row, col = (min(index, self.map_size - 1) for index in self.center)
        places = np.stack(np.meshgrid(row + offsets, col + offsets, indexing="ij"), axis=-1).reshape(-1, 2)
        return places, ((places >= 0) & (places < self.map_size)).all(axis=1)

    def valid_taps(self):
        """Count in Python the taps on the map around the center.

        Returns:
            List of int, one per rate.

        Example:
            >>> DilationRate([6, 12, 18], map_size=33).valid_taps()
            [9, 9, 1]
        """
        return [int(self.taps(rate)[1].sum()) for rate in self.rates]

    def mean_taps(self):
        """Compute in Python the mean number of taps on the map, over all places of the kernel.

        Returns:
            List of float, one per rate.

        Example:
            >>> [round(mean, 2) for mean in DilationRate([6, 12, 18], map_size=33).mean_taps()]
            [6.95, 5.17, 3.64]
        """
        return [mean_valid_taps(self.map_size, self.kernel, rate) for rate in self.rates]

    def describe(self):
        """Return the branches and the taps they have left in words."""
        n, k = self.map_size, self.kernel
        branches = ", ".join(
            f"rate {rate} has {valid} of {k * k} taps on the map, {mean:.2f} on average"
            for rate, valid, mean in zip(self.rates, self.valid_taps(), self.mean_taps(), strict=True)
        )
        return f"A map of {n} x {n} and {k} x {k} kernels around pixel {tuple(self.center)}: {branches}."

    def static(self):
        """Return the taps around the center as a figure; padding is hatched, taps in it are hollow."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Rectangle

        n, reach = self.map_size, max(self.rates) * (self.kernel // 2)
        figure = Figure(figsize=(6, 6.4), layout="constrained")
        ax = figure.add_subplot()
        ax.patch.set(hatch="///", edgecolor="#c8cdd2")  # what the map does not cover is padding
        ax.add_patch(Rectangle((-0.5, -0.5), n, n, facecolor="white", edgecolor="#1b1b1b", linewidth=1.5))
        for rate, mean, (color, marker) in zip(self.rates, self.mean_taps(), MARKS, strict=False):
            places, valid = self.taps(rate)
            label = f"rate {rate}: {valid.sum()} of {len(valid)} here, {mean:.2f} on average"
            for chosen, face in ((valid, color), (~valid, "white")):
                ax.plot(
                    places[chosen, 1], places[chosen, 0], marker, color=face, markeredgecolor=color, markersize=7,
                    label=label if face == color else None,
                )  # fmt: skip
        low, high = -0.5 - reach, n - 0.5 + reach
        ax.set(xlim=(low, high), ylim=(high, low), aspect="equal", xticks=[], yticks=[])
        ax.set_title(f"Taps that read a map of {n} × {n} (filled) and padding (hollow)", fontsize=12)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), frameon=False)
        return figure


def _checked_rates(rates):
    rates = list(rates)
    if not 1 <= len(rates) <= MOST_RATES or not all(rate in range(RATES[0], RATES[1] + 1) for rate in rates):
        raise InputError(
            f"rates must be one to {MOST_RATES} whole numbers from {RATES[0]} to {RATES[1]}, got {rates!r}."
        )
    return [int(rate) for rate in rates]


def _checked_kernel(kernel):
    if kernel not in KERNELS:
        raise InputError(f"kernel must be one of 1, 3 and 5, got {kernel!r}.")
    return int(kernel)
