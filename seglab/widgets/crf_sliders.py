"""Dense CRF: how the reach of its kernel, its weight and its steps change one image."""

import ipywidgets
import numpy as np

from seglab.crf import dense_crf
from seglab.datasets import synthetic
from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.metrics import boundary_iou, confusion_matrix, mean_iou
from seglab.resampling import upsample_bilinear
from seglab.visualization.overlay import as_image
from seglab.widgets.computed import ComputedDemo

MOST_PIXELS = 4096
_SMALL_ALPHA, _SMALL_BETA = 5, 15  # below, the lattice of the fast sums is larger than the table of all pairs
_LEAST = 0.02  # share that stands for none: the CRF may doubt a coarse cell
_STRIDE = 8


class CRFSliders(ComputedDemo):
    """One image, probabilities without its fine detail, and what a dense CRF makes of them.

    The second kernel, that of near pixels of any color, keeps the weight 1 and reaches 1 pixel.

    Args:
        image: Array `(H, W, 3)`, float in [0, 1] or uint8, of at most 4096 pixels. One of
            `seglab.datasets.synthetic.shapes` if `None`.
        labels: Integer array `(H, W)`, the truth. Goes with `image`.
        probs: Float array `(H, W, K)`, probabilities that add up to 1. What a perfect network would say at stride 8,
            `coarse_probs(labels, num_classes)`, if `None`.
        **values: `theta_alpha`, the reach in pixels, from 2 to 80; `theta_beta`, the difference of colors in levels of
            255, from 4 to 80; `weight` of the kernel, from 0 to 20; `iterations`, from 0 to 10.

    Raises:
        InputError: If `image` and `labels` do not come together or do not fit `probs`, the image is too large, or a
            value is out of its range.

    Example:
        >>> CRFSliders(iterations=0).describe()
        'No step of mean field: mean IoU 0.70, boundary IoU 0.42.'
    """

    title = "Dense CRF"
    figsize = (10.0, 2.5)
    strip = (
        {"theta_beta": 6},
        {"theta_beta": 20},
        {"theta_beta": 60},
    )

    def __init__(self, image=None, labels=None, probs=None, **values):
        if (image is None) != (labels is None) or (image is None and probs is not None):
            raise InputError("image and labels go together, and probs with both. Pass image and labels, or nothing.")
        if image is None:
            images, maps = synthetic.shapes(1, size=(48, 64), seed=2, split="test")
            image, labels = images[0], maps[0]
        self._image, self._labels = as_image(image), np.asarray(labels).astype(np.int64)
        if self._labels.size > MOST_PIXELS:
            raise InputError(f"image must have at most {MOST_PIXELS} pixels, got {self._labels.size}. Cut a part out.")
        if probs is None:
            probs = coarse_probs(self._labels, int(self._labels.max()) + 1)
        self._probs = np.asarray(probs, np.float32)
        if self._image.shape[:2] != self._labels.shape or self._probs.shape[:2] != self._labels.shape:
            raise InputError(
                "image, labels and probs must be of one size, got "
                f"{self._image.shape[:2]}, {self._labels.shape} and {self._probs.shape[:2]}."
            )
        self._last = {}  # the present settings and their result: picture and words need it
        self._colors = class_colors(max(self._probs.shape[-1], int(self._labels.max()) + 1))
        super().__init__(**values)

    def make_controls(self):
        """Return the four sliders."""
        return {
            "theta_alpha": ipywidgets.IntSlider(15, min=2, max=80, description="θα, reach in pixels"),
            "theta_beta": ipywidgets.IntSlider(20, min=4, max=80, description="θβ, difference of colors"),
            "weight": ipywidgets.FloatSlider(10.0, min=0.0, max=20.0, step=0.5, description="weight"),
            "iterations": ipywidgets.IntSlider(5, min=0, max=10, description="iterations"),
        }

    def draw(self, figure, *, theta_alpha, theta_beta, weight, iterations):
        """Draw the image, the truth, and the labels before and after."""
        refined = self.refine(theta_alpha=theta_alpha, theta_beta=theta_beta, weight=weight, iterations=iterations)
        before, after = (probs.argmax(axis=-1) for probs in (self._probs, refined))
        pictures = {
            "Image": self._image,
            "Truth": self._colors[self._labels],
            f"Before: {self._scores(before)}": self._colors[before],
            f"After: {self._scores(after)}": self._colors[after],
        }
        for ax, (name, picture) in zip(figure.subplots(1, 4), pictures.items(), strict=True):
            ax.imshow(picture, interpolation="nearest")
            ax.set_title(name, loc="left", fontsize=10)
            ax.axis("off")

    def refine(self, *, theta_alpha, theta_beta, weight, iterations):
        """Compute the probabilities after the CRF.

        Args:
            theta_alpha: Reach of the kernel in pixels.
            theta_beta: Difference of colors that it allows, in levels of 255.
            weight: Weight of the kernel.
            iterations: Steps of mean field.

        Returns:
            float32 array `(H, W, K)`.

        Example:
            >>> demo = CRFSliders()
            >>> demo.refine(**demo.values).shape
            (48, 64, 3)
        """
        settings = theta_alpha, theta_beta, weight, iterations
        if settings not in self._last:
            refined = dense_crf(
                self._probs,
                self._image,
                iterations=iterations,
                appearance_weight=weight,
                theta_alpha=theta_alpha,
                theta_beta=theta_beta,
                smoothness_weight=1,
                theta_gamma=1,
                exact=theta_alpha < _SMALL_ALPHA or theta_beta < _SMALL_BETA,
                fineness=(1, 1),
            )
            self._last = {settings: refined}
        return self._last[settings]

    def scores(self, labels):
        """Compare labels with the truth of this one image.

        Args:
            labels: Integer array `(H, W)`.

        Returns:
            `(mean IoU, mean boundary IoU)` over the classes in the truth or the labels.

        Example:
            >>> demo = CRFSliders()
            >>> demo.scores(demo._labels)
            (1.0, 1.0)
        """
        count = len(self._colors)
        return (
            mean_iou(confusion_matrix(self._labels, labels, count)),
            float(np.nanmean(boundary_iou(self._labels, labels, count))),
        )

    def describe(self):
        """Return the settings, and the scores before and after, in words."""
        values = self.values
        before = self._probs.argmax(axis=-1)
        iou, edge = self.scores(before)
        if not values["iterations"]:
            return f"No step of mean field: mean IoU {iou:.2f}, boundary IoU {edge:.2f}."
        after = self.refine(**values).argmax(axis=-1)
        new_iou, new_edge = self.scores(after)
        return (
            f"The kernel reaches {values['theta_alpha']} pixels and {values['theta_beta']} color levels, weight "
            f"{values['weight']:g}, {values['iterations']} steps: mean IoU {iou:.2f} -> {new_iou:.2f}, boundary IoU "
            f"{edge:.2f} -> {new_edge:.2f}; {(before != after).mean():.0%} of the pixels changed their class."
        ).replace("%", " %")

    def _scores(self, labels):
        iou, edge = self.scores(labels)
        return f"IoU {iou:.2f}, boundary {edge:.2f}"


def coarse_probs(labels, num_classes, stride=_STRIDE):
    """Probabilities that know every class's share of a coarse cell, and no detail: a perfect network at that stride.

    Args:
        labels: Integer array `(H, W)`, the truth; both divisible by `stride`.
        num_classes: Number of classes `K`.
        stride: Height and width of a cell.

    Returns:
        float32 array `(H, W, K)`, the shares enlarged bilinearly; no class is ruled out.

    Raises:
        InputError: If a size is not divisible by `stride`.

    Example:
        >>> coarse_probs(np.array([[0, 1], [1, 1]]), 2, stride=2)[0, 0].round(2)
        array([0.25, 0.75], dtype=float32)
    """
    height, width = labels.shape
    if height % stride or width % stride:
        raise InputError(f"height and width of labels must be divisible by {stride}, got {height} x {width}.")
    one_hot = np.eye(num_classes)[labels]  # (H, W, K)
    shares = one_hot.reshape(height // stride, stride, width // stride, stride, num_classes).mean(axis=(1, 3))
    probs = np.clip(upsample_bilinear(shares, stride), _LEAST, None)  # (H, W, K)
    return (probs / probs.sum(axis=-1, keepdims=True)).astype(np.float32)
