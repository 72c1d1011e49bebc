"""Dense conditional random field: class probabilities are made to follow the contours of the image.

Krähenbühl and Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials" (2011); DeepLab v1
and v2 end with it. A labeling `x` costs

    E(x) = sum_i -log P(x_i)
           + sum_{i<j} [x_i != x_j] (w1 exp(-|p_i - p_j|^2 / 2 theta_alpha^2 - |I_i - I_j|^2 / 2 theta_beta^2)
                                     + w2 exp(-|p_i - p_j|^2 / 2 theta_gamma^2))

with positions `p` and colors `I`: two pixels that are near and alike pay for having different classes. Nothing here is
learned. Mean field looks for independent probabilities `Q` per pixel that come close to the distribution `exp(-E)`:

    Q_i(k)  ~  exp(log P_i(k) + sum_{j != i} k(i, j) Q_j(k))

Differences from the paper: the classes' compatibility is Potts' (1 if different), not learned; both kernels are
normalized as in `seglab.gaussian_kernels`, as the authors' program does by default; sums over all pixels come from a
bilateral grid and not from a permutohedral lattice.
"""

from numbers import Integral

import numpy as np

from seglab.errors import InputError
from seglab.gaussian_kernels import BilateralKernel, ExactKernel, SpatialKernel, pixel_features

LEAST = 1e-9  # probability that stands for 0: no class is ruled out for ever


def dense_crf(
    probs,
    image,
    *,
    iterations=5,
    appearance_weight=10.0,
    theta_alpha=80.0,
    theta_beta=13.0,
    smoothness_weight=3.0,
    theta_gamma=3.0,
    exact=False,
    fineness=None,
):
    """Refine the class probabilities of one image by mean field in a dense CRF.

    The defaults of weights and bandwidths are those that the authors' program is usually run with.

    Args:
        probs: Float array `(H, W, K)`, probabilities that add up to 1 over the classes; or `(H, W, 1)`, the
            probability of the foreground.
        image: Float array `(H, W, C)`, values in [0, 1], `C` from 1 to 3.
        iterations: Number of mean field steps, at least 0.
        appearance_weight: `w1` of near pixels of like color, at least 0.
        theta_alpha: How far the first kernel reaches in pixels, above 0.
        theta_beta: How different colors may be for it, in levels of 255, above 0.
        smoothness_weight: `w2` of near pixels whatever their color, at least 0.
        theta_gamma: How far the second kernel reaches in pixels, above 0.
        exact: Whether to sum over all pairs of pixels one by one: for tests, up to 8192 pixels.
        fineness: Of the fast sums, see `seglab.gaussian_kernels.BilateralKernel`; small images get more if `None`.

    Returns:
        float32 array of the shape of `probs`, the refined probabilities.

    Raises:
        InputError: If shapes, values or settings are not as above, or a bandwidth is too small for the image.
        TypeError: If an array is not of a float type.

    Example:
        >>> image = np.zeros((1, 3, 3))
        >>> probs = np.array([[[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]]])
        >>> dense_crf(probs, image).argmax(axis=-1)
        array([[0, 0, 0]])
        >>> image[0, 1] = 1  # another color: the pixel listens less to its neighbors
        >>> dense_crf(probs, image, smoothness_weight=0).argmax(axis=-1)
        array([[0, 1, 0]])
    """
    probs, image = np.asarray(probs), np.asarray(image)
    _check_arrays(probs, image)
    _check_settings(iterations, theta_alpha, theta_beta, theta_gamma, appearance_weight, smoothness_weight)
    height, width, num_classes = probs.shape
    both = probs.astype(np.float64 if exact else np.float32)
    if num_classes == 1:
        both = np.concatenate([1 - both, both], axis=-1)  # (H, W, 2)
    unary = -np.log(np.clip(both, LEAST, 1)).reshape(height * width, -1)  # (N, K)
    kernels = []
    if appearance_weight and exact:
        kernels.append((appearance_weight, ExactKernel(pixel_features(image, theta_alpha, theta_beta))))
    elif appearance_weight:
        kernels.append((appearance_weight, BilateralKernel(image, theta_alpha, theta_beta, fineness=fineness)))
    if smoothness_weight and exact:
        kernels.append((smoothness_weight, ExactKernel(pixel_features(image, theta_gamma))))
    elif smoothness_weight:
        kernels.append((smoothness_weight, SpatialKernel(height, width, theta_gamma)))
    refined = mean_field(unary, _message(kernels), iterations=iterations)
    return refined.reshape(both.shape)[..., -num_classes:].astype(np.float32)


def mean_field(unary, message, *, iterations=5):
    """Let the pixels' probabilities settle: each step, all pixels listen to all others at once.

    Args:
        unary: Float array `(N, K)`, the cost of each class for each pixel, `-log P`.
        message: Function from probabilities `(N, K)` to what each pixel hears from the others for each class,
            `sum_{j != i} k(i, j) Q_j`, of the same shape.
        iterations: Number of steps; at 0 the result is `softmax(-unary)`.

    Returns:
        Array `(N, K)` of the type of `unary`, probabilities.

    Example:
        Two pixels with the weight 1 between them; the second one changes its mind:

        >>> unary = -np.log([[0.8, 0.2], [0.4, 0.6]])
        >>> mean_field(unary, lambda probs: probs[::-1], iterations=1).round(4)
        array([[0.7661, 0.2339],
               [0.5485, 0.4515]])
    """
    probs = _softmax(-unary)
    for _ in range(iterations):
        probs = _softmax(message(probs) - unary)
    return probs


def energy(labels, unary, weights):
    """Cost of a labeling, the lower the more probable; what mean field cannot do is to compare all of them.

    Args:
        labels: Integer array `(N,)`, a class for each pixel.
        unary: Float array `(N, K)`, the cost of each class for each pixel, `-log P`.
        weights: Float array `(N, N)`, symmetric: what a pair of pixels pays for different classes.

    Returns:
        float.

    Raises:
        InputError: If the shapes do not belong together.

    Example:
        >>> unary = -np.log([[0.8, 0.2], [0.4, 0.6]])
        >>> weights = np.array([[0, 1], [1, 0]])
        >>> [round(energy(np.array(labels), unary, weights), 4) for labels in ([0, 0], [0, 1], [1, 1])]
        [1.1394, 1.734, 2.1203]
    """
    labels, unary, weights = np.asarray(labels), np.asarray(unary), np.asarray(weights)
    count = len(labels)
    if labels.ndim != 1 or unary.ndim != 2 or len(unary) != count or weights.shape != (count, count):
        raise InputError(
            "labels must be (N,), unary (N, K) and weights (N, N), "
            f"got {labels.shape}, {unary.shape} and {weights.shape}. Flatten the image."
        )
    different = labels[:, None] != labels
    return float(unary[np.arange(count), labels].sum() + np.triu(weights * different, 1).sum())


def _message(kernels):
    """What each pixel hears from the others, over all `(weight, kernel)`."""
    own = sum(weight * kernel.self_weight for weight, kernel in kernels)  # (N, 1)

    def message(probs):
        heard = -own * probs
        for weight, kernel in kernels:
            part = kernel(probs)
            part *= weight
            heard += part
        return heard

    return message


def _softmax(logits):
    """Overwrites its argument: at full size every copy costs as much as the exponential."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _check_arrays(probs, image):
    for name, array in (("probs", probs), ("image", image)):
        if array.ndim != 3 or 0 in array.shape:
            raise InputError(f"{name} must have three axes (H, W, channels) and be not empty, got {array.shape}.")
        if array.dtype.kind != "f":
            raise TypeError(f"{name} must be of a float type, got {array.dtype}. Values in [0, 1] are meant.")
        if not (array.min() >= 0 and array.max() <= 1 + 1e-3):  # false for nan too
            raise InputError(
                f"{name} must lie in [0, 1], got values from {array.min():g} to {array.max():g}. "
                + ("Pass softmax(logits)." if name == "probs" else "Divide by 255?")
            )
    if probs.shape[:2] != image.shape[:2]:
        raise InputError(f"probs and image must be of one size, got {probs.shape[:2]} and {image.shape[:2]}.")
    if image.shape[2] > 3:
        raise InputError(f"image must have 1 to 3 channels, got {image.shape[2]}. Drop the alpha channel?")
    if probs.shape[2] > 1:
        sums = probs.sum(axis=-1, dtype=np.float64)
        if np.abs(sums - 1).max() > 1e-2:
            raise InputError(
                f"probs must add up to 1 over the classes, got sums from {sums.min():g} to {sums.max():g}. "
                "Pass softmax(logits)."
            )


def _check_settings(iterations, theta_alpha, theta_beta, theta_gamma, appearance_weight, smoothness_weight):
    if isinstance(iterations, bool) or not isinstance(iterations, Integral) or iterations < 0:
        raise InputError(f"iterations must be a whole number of at least 0, got {iterations!r}. 5 are usual.")
    for name, theta in (("theta_alpha", theta_alpha), ("theta_beta", theta_beta), ("theta_gamma", theta_gamma)):
        if not 0 < theta < np.inf:
            raise InputError(f"{name} must be above 0 and finite, got {theta!r}. To drop a kernel set its weight to 0.")
    for name, weight in (("appearance_weight", appearance_weight), ("smoothness_weight", smoothness_weight)):
        if not 0 <= weight < np.inf:
            raise InputError(f"{name} must be at least 0 and finite, got {weight!r}. 0 drops the kernel.")
