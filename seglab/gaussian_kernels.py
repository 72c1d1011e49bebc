"""Every pixel listens to every other one, the more the more alike they are: Gaussian kernels over all pairs of pixels.

A kernel is a function from values `(N, K)`, one row per pixel in reading order, to their weighted sums over all pixels,
`sum_j k(i, j) v_j`. The weights are `exp(-d^2 / 2)` of a distance between the features of two pixels, divided by the
square roots of both pixels' total weights. So a pixel in the midst of its likes does not hear more than a lonely one.
`self_weight` holds `k(i, i)`, for who wants to leave a pixel's own value out.

`ExactKernel` computes all N^2 weights. `SpatialKernel` and `BilateralKernel` give nearly the same in time linear in N:

- A Gaussian of positions is one Gaussian along the columns after one along the rows.
- A Gaussian of positions and colors is a plain blur in the space of rows, columns and colors. Pixels are spread over
  the nearest points of a coarse lattice there, the lattice is blurred axis by axis, and every pixel reads the result
  where it lies. Source: Paris and Durand, "A Fast Approximation of the Bilateral Filter Using a Signal Processing
  Approach" (2006); Chen, Paris, Durand, "Real-Time Edge-Aware Image Processing with the Bilateral Grid" (2007).
"""

import functools
import itertools

import numpy as np
from scipy import sparse

from seglab.errors import InputError

LEVELS = 255  # colors are in [0, 1], their bandwidth in levels of 255, as papers print it
REACH = 4  # bandwidths after which a Gaussian counts as 0
BINS = 4  # per lattice step: pixels of one bin travel together
MOST_PIXELS = 8192  # of the exact kernel: 0.5 GB
MOST_CELLS = 8_000_000  # of a lattice: with 21 classes 0.7 GB
# Lattices and their steps per bandwidth, the best first, and the additions per class up to which they are taken.
FINENESS = {(2, 2.0): 6e6, (2, 1.5): 6e6, (2, 1.0): 16e6, (1, 1.0): np.inf}
BLOCK = 64  # rows of a banded matrix that are multiplied at once


class ExactKernel:
    """All N^2 weights: slow, large, and what the other two are measured by.

    Args:
        features: Float array `(N, D)`, positions and colors in bandwidths; `pixel_features` makes it.

    Raises:
        InputError: If there are more than 8192 pixels.

    Example:
        >>> ExactKernel(np.array([[0.0], [0.0], [9.0]]))(np.array([[1.0], [0.0], [5.0]])).round(3)
        array([[0.5],
               [0.5],
               [5. ]])
    """

    def __init__(self, features):
        if len(features) > MOST_PIXELS:
            raise InputError(f"exact takes at most {MOST_PIXELS} pixels, got {len(features)}. Take a smaller image.")
        features = features.astype(np.float64)
        half_squares = (features**2).sum(axis=1) / 2
        weights = features @ features.T  # (N, N), changed in place: it is large
        weights -= half_squares
        weights -= half_squares[:, None]
        np.exp(weights, out=weights)
        gain = 1 / np.sqrt(weights.sum(axis=1))
        weights *= gain
        weights *= gain[:, None]
        self.weights = weights
        self.self_weight = self.weights.diagonal()[:, None]

    def __call__(self, values):
        """Weighted sums of values `(N, K)`."""
        return self.weights @ values


class SpatialKernel:
    """Gaussian of the distance in the picture, as a banded matrix per axis.

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        theta: Bandwidth in pixels, above 0.

    Example:
        >>> SpatialKernel(1, 3, 0.1)(np.array([[1], [2], [5]], np.float32)).ravel()
        array([1., 2., 5.], dtype=float32)
    """

    def __init__(self, height, width, theta):
        self.matrices = []
        for length in (height, width):
            steps = np.subtract.outer(np.arange(length), np.arange(length))
            weights = np.where(np.abs(steps) <= REACH * theta, np.exp(-((steps / theta) ** 2) / 2), 0)
            gain = 1 / np.sqrt(weights.sum(axis=1))
            self.matrices.append((gain[:, None] * weights * gain).astype(np.float32))
        self.reach = int(REACH * theta) + 1
        down, across = (matrix.diagonal() for matrix in self.matrices)
        self.self_weight = np.outer(down, across).reshape(-1, 1)

    def __call__(self, values):
        """Weighted sums of values `(N, K)`."""
        down, across = self.matrices
        rows = self._multiply(down, values.reshape(len(down), -1))  # (H, W * K)
        cols = self._multiply(across, rows.reshape(len(down), len(across), -1))  # (H, W, K)
        return cols.reshape(values.shape)

    def _multiply(self, matrix, values):
        """Multiply along the last axis but one, block by block: away from the diagonal there are only zeros."""
        result = np.empty_like(values)
        for start in range(0, len(matrix), BLOCK):
            near = slice(max(0, start - self.reach), start + BLOCK + self.reach)
            block = slice(start, start + BLOCK)
            np.matmul(matrix[block, near], values[..., near, :], out=result[..., block, :])
        return result


class BilateralKernel:
    """Gaussian of the distance in position and color, on lattices with one point per bandwidth or a few.

    What makes a coarse lattice good enough: the blur is fitted to what spreading and reading blur already; a gain per
    pixel makes the weight of equal pixels exactly 1; and with two lattices half a step apart most of the remaining
    error cancels. Turning the colors to their main axes changes no distance and leaves less empty lattice.

    Args:
        image: Float array `(H, W, C)`, `C` from 1 to 3, values in [0, 1].
        theta_alpha: Bandwidth of positions in pixels, above 0.
        theta_beta: Bandwidth of colors in levels of 255, above 0.
        fineness: Number of lattices and their steps per bandwidth, at least 1 each. If `None`, the best of (2, 2),
            (2, 1.5), (2, 1) and (1, 1) that is cheap enough: a 32x32 picture gets one of the first two, a photograph
            of 512x512 pixels the third, and one that is larger or has very many colors the last.

    Raises:
        InputError: If a number of `fineness` is less than 1 or a lattice would have more than 8 million points.

    Example:
        >>> image = np.array([[[0.0], [0.0], [1.0]]])
        >>> BilateralKernel(image, 100, 10)(np.array([[1], [0], [5]], np.float32)).round(2).ravel()
        array([0.5, 0.5, 5. ], dtype=float32)
    """

    def __init__(self, image, theta_alpha, theta_beta, *, fineness=None):
        if fineness is not None and not min(fineness) >= 1:
            raise InputError(f"fineness must be two numbers of at least 1, got {fineness!r}. (2, 1) is usual.")
        features = _compact(pixel_features(image, theta_alpha, theta_beta))  # (N, D)
        axes, binned = features.shape[1], None
        for (lattices, steps), most in FINENESS.items() if fineness is None else [(fineness, np.inf)]:
            blur = axes * _cells(features * np.float32(steps))
            if lattices * blur > most:
                continue
            if steps != binned:
                self._collect_bins(features * np.float32(steps))
                binned = steps
            if lattices * (blur + 2**axes * len(self.means)) <= most:
                break
        self.lattices = [_Lattice(self.means + np.float32(i / lattices), steps) for i in range(lattices)]
        own = sum(lattice.own_weight() for lattice in self.lattices) / lattices
        gain = 1 / np.sqrt(own)  # (bins,): k(i, i) is 1 now
        total = gain * self._blur((gain * self.counts).astype(np.float32)[:, None])[:, 0]
        self.gain = (gain / np.sqrt(np.maximum(total, 1))).astype(np.float32)[:, None]
        self.self_weight = (1 / np.maximum(total, 1)).astype(np.float32)[self.bin_of_pixel, None]

    def _collect_bins(self, features):
        """Sort the pixels into bins, and take the mean of each bin's features."""
        bins = np.floor(features * BINS).astype(np.int64)
        keys = np.ravel_multi_index(tuple(bins.T), bins.max(axis=0) + 1)
        _, self.bin_of_pixel, self.counts = np.unique(keys, return_inverse=True, return_counts=True)
        order = np.argsort(self.bin_of_pixel, kind="stable").astype(np.int32)
        starts = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int32)
        shape = len(self.counts), len(order)
        self.collect = sparse.csr_matrix((np.ones(len(order), np.float32), order, starts), shape)
        self.means = (self.collect @ features) / self.counts[:, None].astype(np.float32)  # (bins, D)

    def __call__(self, values):
        """Weighted sums of values `(N, K)`."""
        bins = self.gain * (self.collect @ values)  # (bins, K)
        return (self.gain * self._blur(bins)).take(self.bin_of_pixel, axis=0)

    def _blur(self, bins):
        return sum(lattice(bins) for lattice in self.lattices) / np.float32(len(self.lattices))


class _Lattice:
    """Points at whole features: spread the bins over the nearest ones, blur, read."""

    def __init__(self, features, steps):
        self.steps = steps
        self.shape = np.floor(features.max(axis=0)).astype(int) + 2
        axes = len(self.shape)
        strides = np.append(np.cumprod(self.shape[::-1])[::-1][1:], 1)
        below = np.floor(features).astype(np.int32)
        self.after = features - below  # share of the next point along each axis
        first = (below @ strides).astype(np.int32)
        points = np.empty((len(features), 2**axes), np.int32)
        shares = np.empty((len(features), 2**axes), np.float32)
        for i, corner in enumerate(itertools.product((0, 1), repeat=axes)):
            points[:, i] = first + int(np.dot(corner, strides))
            shares[:, i] = np.where(corner, self.after, 1 - self.after).prod(axis=1)
        starts = np.arange(0, points.size + 1, 2**axes, dtype=np.int32)
        self.read = sparse.csr_matrix((shares.ravel(), points.ravel(), starts), (len(features), self.shape.prod()))
        self.spread = self.read.T.tocsr()

    def __call__(self, bins):
        points = self.spread @ bins  # (cells, K)
        spare = np.empty_like(points)
        for axis, length in enumerate(self.shape.tolist()):
            shape = int(np.prod(self.shape[:axis])), length, -1
            np.matmul(_blur_matrix(length, self.steps), points.reshape(shape), out=spare.reshape(shape))
            points, spare = spare, points
        return self.read @ points

    def own_weight(self):
        """Weight of each bin to itself, `(bins,)`: it differs with the place between the points."""
        taps = _blur_taps(self.steps)
        return (taps[0] + 2 * (taps[1] - taps[0]) * self.after * (1 - self.after)).prod(axis=1)


def pixel_features(image, theta_alpha, theta_beta=None):
    """Rows, columns and colors of all pixels in bandwidths: distances between them are what a Gaussian kernel takes.

    Args:
        image: Float array `(H, W, C)`, values in [0, 1].
        theta_alpha: Bandwidth of positions in pixels.
        theta_beta: Bandwidth of colors in levels of 255. Colors do not count if `None`.

    Returns:
        float32 array `(H * W, 2 + C)`, or `(H * W, 2)` without colors.

    Example:
        >>> pixel_features(np.array([[[0.0], [1.0]]]), 2, 51)
        array([[0. , 0. , 0. ],
               [0. , 0.5, 5. ]], dtype=float32)
    """
    height, width, channels = image.shape
    positions = np.indices((height, width)).reshape(2, -1).T / theta_alpha
    colors = image.reshape(-1, channels) * (0 if theta_beta is None else LEVELS / theta_beta)
    features = positions if theta_beta is None else np.concatenate([positions, colors], axis=1)
    return features.astype(np.float32)


def _compact(features):
    """The same points in a small box at the origin: colors along their main axes, unless that makes the box larger."""
    colors = features[:, 2:] - features[:, 2:].mean(axis=0)
    turned = features.copy()
    turned[:, 2:] = colors @ np.linalg.eigh(colors.T @ colors)[1].astype(np.float32)
    best = min((features - features.min(axis=0), turned - turned.min(axis=0)), key=_cells)
    if _cells(best) > MOST_CELLS:
        raise InputError(
            f"theta_alpha and theta_beta must be larger for this image: the lattice has {_cells(best)} points, "
            f"at most {MOST_CELLS} are allowed. Double theta_beta."
        )
    return best


def _cells(features):
    return int((np.floor(features.max(axis=0)) + 2).prod())


@functools.cache
def _blur_taps(steps):
    """Weights by distance in lattice points with which spreading, blurring and reading come closest to a Gaussian.

    Its bandwidth is `steps`. Least squares over all places between the points; it is linear in the weights.
    """
    length, places = int(np.ceil(REACH * steps)) + 1, 16
    x = (np.arange(places)[:, None] + 0.5) / places
    y = (np.arange(-length * places, length * places) + 0.5) / places
    equations = np.zeros((places, y.size, length))
    for corner, other in itertools.product((0, 1), repeat=2):
        share = np.abs(1 - corner - x) * np.abs(1 - other - (y - np.floor(y)))
        distance = np.abs(corner - other - np.floor(y))
        equations += share[..., None] * (distance[:, None] == np.arange(length))
    wanted = np.exp(-(((x - y) / steps) ** 2) / 2)
    return np.linalg.lstsq(equations.reshape(-1, length), wanted.ravel(), rcond=None)[0]


@functools.cache
def _blur_matrix(length, steps):
    distance = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    taps = _blur_taps(steps)
    return np.where(distance < len(taps), taps[np.minimum(distance, len(taps) - 1)], 0).astype(np.float32)
