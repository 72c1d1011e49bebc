"""Elastic deformation: random displacements of a coarse grid bend an image and its labels together."""

import ipywidgets
import numpy as np

from seglab.datasets import synthetic
from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.transforms import displacement_field, warp
from seglab.visualization.overlay import as_image
from seglab.widgets.computed import ComputedDemo

_LINES = 8  # grid lines of the source picture, per side
_MOST = 8  # grid points per side


class ElasticDeformation(ComputedDemo):
    """An image and its labels, deformed by the same random displacements at the points of a coarse grid.

    Colors are interpolated, labels are taken from the nearest pixel. The white lines were straight before.

    Args:
        image: Array `(H, W, 3)`, float in [0, 1] or uint8; `None` for one of `seglab.datasets.synthetic.shapes`.
        labels: Integer array `(H, W)` of class numbers from 0 on. Goes with `image`.
        **values: `sigma`, the standard deviation of the displacements in pixels, in [0, 20]; `grid`, points per side,
            from 2 to 8; `seed`, from 0 to 20.

    Raises:
        InputError: If only one of `image` and `labels` is given, or a value is out of its range.

    Example:
        >>> ElasticDeformation(sigma=0).describe()
        'Displacements of 0 pixels at 3 x 3 grid points: nothing moves.'
    """

    title = "Elastic deformation"
    figsize = (9.0, 3.4)
    strip = (
        {"sigma": 0.0, "seed": 1},
        {"sigma": 4.0, "seed": 1},
        {"sigma": 16.0, "seed": 1},
    )

    def __init__(self, image=None, labels=None, **values):
        if (image is None) != (labels is None):
            raise InputError("image and labels go together, got one without the other. Pass both, or neither.")
        if image is None:
            images, maps = synthetic.shapes(1, size=96, seed=8)
            image, labels = images[0], maps[0]
        self._image, self._labels = as_image(image), np.asarray(labels)
        self._colors = class_colors(int(self._labels.max()) + 1)
        super().__init__(**values)

    def make_controls(self):
        """Return the three sliders."""
        return {
            "sigma": ipywidgets.FloatSlider(
                4.0, min=0.0, max=20.0, step=0.5, description="σ in pixels", readout_format=".1f"
            ),
            "grid": ipywidgets.IntSlider(3, min=2, max=_MOST, description="grid points per side"),
            "seed": ipywidgets.IntSlider(1, min=0, max=20, description="seed"),
        }

    def draw(self, figure, *, sigma, grid, seed):
        """Draw the image with the moved grid points, the deformed image and the deformed labels."""
        height, width = self._labels.shape
        vectors, field = self.displacements(sigma=sigma, grid=grid, seed=seed)
        image, labels = warp(self._image, self._labels, displacements=field)
        pictures = {
            "Before; arrows: read there": self._image,
            "The image": image,
            "Its labels, nearest": self._colors[labels],
        }
        axes = figure.subplots(1, 3)
        for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
            ax.imshow(picture, interpolation="nearest")
            ax.set_title(name, loc="left")
            ax.axis("off")
        cols, rows = np.meshgrid(np.linspace(0, width - 1, grid), np.linspace(0, height - 1, grid))
        axes[0].plot(cols.ravel(), rows.ravel(), "o", color="white", markeredgecolor="black", markersize=5, zorder=3)
        if sigma:
            axes[0].quiver(
                *(cols, rows, vectors[..., 1], vectors[..., 0]),
                **{"angles": "xy", "scale_units": "xy", "scale": 1, "color": "white", "edgecolor": "black"},
                **{"linewidth": 0.6, "width": 0.012, "in_layout": False},
            )
        source = np.mgrid[:height, :width] + np.moveaxis(field, -1, 0)  # where each pixel comes from
        for ax, moved in zip(axes, (np.mgrid[:height, :width], source, source), strict=True):
            for coordinate, length in zip(moved, (height, width), strict=True):
                levels = np.linspace(0, length - 1, _LINES + 2)[1:-1]
                ax.contour(coordinate, levels, colors="white", linewidths=0.7, alpha=0.8)

    def displacements(self, *, sigma, grid, seed):
        """Draw the displacements.

        Args:
            sigma: Standard deviation in pixels.
            grid: Grid points per side.
            seed: Seed of the generator.

        Returns:
            `(vectors, field)`: the displacements at the grid points, `(grid, grid, 2)`, and at every pixel,
            `(H, W, 2)`, in pixels down and right.

        Example:
            >>> vectors, field = ElasticDeformation().displacements(sigma=4.0, grid=3, seed=0)
            >>> bool(np.allclose(vectors[0, 0], field[0, 0], atol=1e-5)), field.shape
            (True, (96, 96, 2))
        """
        vectors = sigma * np.random.default_rng(seed).standard_normal((grid, grid, 2))
        return vectors, displacement_field(vectors, self._labels.shape)

    def folded(self):
        """Compute which share of the pixels shows the picture turned inside out.

        Returns:
            Number in [0, 1]; above 0, the deformation folds the picture over itself.

        Example:
            >>> ElasticDeformation(sigma=2).folded()
            0.0
        """
        field = self.displacements(**self.values)[1]
        down, right = (np.gradient(field[..., axis]) for axis in range(2))
        turned = (1 + down[0]) * (1 + right[1]) - down[1] * right[0]  # determinant of the map
        return float((turned <= 0).mean())

    def describe(self):
        """Return the deformation in words."""
        values = self.values
        points = f"Displacements of {values['sigma']:g} pixels at {values['grid']} x {values['grid']} grid points"
        if not values["sigma"]:
            return f"{points}: nothing moves."
        far = np.abs(self.displacements(**values)[1]).max()
        folded = self.folded()
        ends = f"{folded:.0%} of the picture is folded over itself" if folded else "nothing folds"
        return f"{points}, seed {values['seed']}: pixels move by up to {far:.0f}, and {ends}.".replace("%", " %")
