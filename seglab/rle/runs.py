"""Runs of many masks at once, and what can be measured on them without drawing a pixel."""

from dataclasses import dataclass

import numpy as np

# Runs that are compared at a time: their working arrays, about 0.5 MB each, stay in the processor's cache.
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Runs:
    """Foreground runs of `N` masks, one mask after the other in one line of pixels.

    Attributes:
        starts: int64 array `(R,)`, ascending, first pixel of each run. Pixels count down the columns, and on from mask
            to mask.
        lengths: int64 array `(R,)`, pixels of each run, at least 1.
        first: int64 array `(N + 1,)`; the runs of mask `i` are `first[i]` to `first[i + 1] - 1`.
        sizes: int64 array `(N, 2)`, height and width of each mask.
    """

    starts: np.ndarray
    lengths: np.ndarray
    first: np.ndarray
    sizes: np.ndarray

    @property
    def bases(self):
        """Pixel at which each mask begins, int64 array `(N,)`."""
        pixels = self.sizes.prod(axis=1)
        return pixels.cumsum() - pixels

    @property
    def areas(self):
        """Foreground pixels of each mask, int64 array `(N,)`."""
        before = np.concatenate([[0], self.lengths.cumsum()])
        return before[self.first[1:]] - before[self.first[:-1]]

    @property
    def boxes(self):
        """Box of each mask, int64 array `(N, 4)`: top, left, bottom, right, the last two excluded; zeros if empty."""
        boxes = np.zeros((len(self.sizes), 4), np.int64)
        some = np.flatnonzero(np.diff(self.first))
        if not len(some):
            return boxes
        counts, bases, heights = np.diff(self.first)[some], self.bases[some], self.sizes[some, 0]
        first, last = self.first[some], self.first[some + 1] - 1
        of_run = np.repeat(heights, counts)
        top = (self.starts - np.repeat(bases, counts)) % of_run
        bottom = top + self.lengths
        wraps = bottom > of_run  # on into the next column: all rows, to be safe
        top[wraps], bottom[wraps] = 0, of_run[wraps]
        boxes[some, 0] = np.minimum.reduceat(top, first)
        boxes[some, 1] = (self.starts[first] - bases) // heights
        boxes[some, 2] = np.maximum.reduceat(bottom, first)
        boxes[some, 3] = (self.starts[last] + self.lengths[last] - 1 - bases) // heights + 1
        return boxes


def join(parts):
    """Put the masks of several `Runs` one after the other.

    Args:
        parts: Iterable of `Runs`.

    Returns:
        `Runs` of all of them.

    Example:
        >>> from seglab.rle import find_runs
        >>> found = find_runs(np.array([[[0, 1]], [[1, 1]]], bool))
        >>> join([found, found]).starts
        array([1, 2, 5, 6])
    """
    nothing = Runs(*np.zeros((2, 0), np.int64), np.zeros(1, np.int64), np.zeros((0, 2), np.int64))
    parts = [*parts, nothing]
    pixels = np.cumsum([0] + [part.sizes.prod(axis=1).sum() for part in parts])
    number = np.cumsum([0] + [len(part.starts) for part in parts])
    return Runs(
        np.concatenate([part.starts + base for part, base in zip(parts, pixels, strict=False)]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.first[:-1] + base for part, base in zip(parts, number, strict=False)] + [number[-1:]]),
        np.concatenate([part.sizes for part in parts]),
    )


def overlaps(a, b, i, j):
    """Count the pixels that pairs of masks share.

    Args:
        a: `Runs` of `N` masks.
        b: `Runs` of `M` masks.
        i: Integer array `(P,)`, the pairs' masks in `a`.
        j: Integer array `(P,)`, the pairs' masks in `b`, each of the same size as its partner.

    Returns:
        int64 array `(P,)`.

    Example:
        >>> from seglab.rle import find_runs
        >>> found = find_runs(np.array([[[0, 1, 1], [0, 0, 1]], [[1, 1, 1], [1, 1, 1]]], bool))
        >>> overlaps(found, found, np.array([0, 0]), np.array([0, 1]))
        array([3, 3])
    """
    counts = np.diff(b.first)[j]
    shared = np.zeros(len(i), np.int64)
    some = np.flatnonzero((counts > 0) & (np.diff(a.first)[i] > 0))
    shift = a.bases[i] - b.bases[j]
    before = a.lengths.cumsum() - a.lengths
    for chunk in np.split(some, np.flatnonzero(np.diff(counts[some].cumsum() // _CHUNK)) + 1):
        number = counts[chunk]
        first = number.cumsum() - number
        of_pair = np.repeat(b.first[j[chunk]] - first, number) + np.arange(number.sum())
        starts = b.starts[of_pair] + np.repeat(shift[chunk], number)
        inside = _covered(a, before, starts + b.lengths[of_pair]) - _covered(a, before, starts)
        shared[chunk] = np.add.reduceat(inside, first) if len(chunk) else 0
    return shared


def box_overlaps(a, b, i, j):
    """Count the pixels that pairs of boxes share.

    Args:
        a: Integer array `(N, 4)`: top, left, bottom, right, the last two excluded.
        b: Integer array `(M, 4)`, the same.
        i: Integer array `(P,)`, the pairs' boxes in `a`.
        j: Integer array `(P,)`, the pairs' boxes in `b`.

    Returns:
        int64 array `(P,)`.

    Example:
        >>> box_overlaps(np.array([[0, 0, 2, 3]]), np.array([[1, 1, 5, 5]]), np.array([0]), np.array([0]))
        array([2])
    """
    first, second = a[i], b[j]
    sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    return np.maximum(sides, 0).prod(axis=1)


def _covered(found, before, pixels):
    """Foreground before each pixel of the line; `before` is the foreground before each run."""
    run = np.maximum(np.searchsorted(found.starts, pixels, side="right") - 1, 0)
    return before[run] + np.clip(pixels - found.starts[run], 0, found.lengths[run])
