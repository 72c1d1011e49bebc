"""Street layers: one scene as image, semantic labels, instances and panoptic ids, layer by layer."""

import numpy as np
import traitlets

from seglab.errors import InputError
from seglab.labels import IGNORE, class_colors, decode_panoptic
from seglab.visualization.overlay import as_image, diagonals
from seglab.widgets.base import Demo, picture_url

LAYERS = ("semantic", "instance", "panoptic")
VOID = "void"
# Steps towards white (above 0) or black for the first, second, third ... object of a class: neighbors in the order
# of ids differ most.
_SHADES = (0.0, 0.45, -0.4, 0.22, -0.22, 0.62, -0.55)


class StreetLayers(Demo):
    """A scene whose layers are switched on and off; pointing at a pixel tells its category, instance and panoptic id.

    Args:
        image: Array `(H, W, 3)`, float in [0, 1] or uint8; `None` for the first street of `seglab.datasets.streets`.
        panoptic: Integer array `(H, W)` of panoptic ids, `category * max_instances + instance`; stuff has instance 0,
            and the category `IGNORE` (255) is void. Goes with `image`.
        classes: Names of the categories in index order. Goes with `image`.
        layer: What to show first: `"semantic"`, `"instance"`, `"panoptic"`, or `""` for the bare image.
        max_instances: Factor between category and instance in the ids.

    Raises:
        InputError: If only some of `image`, `panoptic` and `classes` are given, sizes differ, or a category has no
            name.

    Example:
        >>> ids = np.array([[0, 0, 0, 0], [2001, 2001, 1000, 2002]])
        >>> demo = StreetLayers(np.zeros((2, 4, 3)), ids, ("sky", "road", "car"))
        >>> demo.at(1, 3)
        {'category': 2, 'name': 'car', 'instance': 2, 'panoptic': 2002}
    """

    title = "Street layers"

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Unicode("").tag(sync=True)
    panoptic = traitlets.Bytes().tag(sync=True)
    segments = traitlets.List().tag(sync=True)
    max_instances = traitlets.Int(1000).tag(sync=True)
    layer = traitlets.Unicode("semantic").tag(sync=True)
    show_image = traitlets.Bool(True).tag(sync=True)
    show_names = traitlets.Bool(True).tag(sync=True)
    tint = traitlets.Float(0.65).tag(sync=True)
    picked = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self, image=None, panoptic=None, classes=None, *, layer="semantic", max_instances=1000):
        if layer not in ("", *LAYERS):
            raise InputError(f"layer must be '' or one of {', '.join(LAYERS)}, got {layer!r}.")
        given = [value is not None for value in (image, panoptic, classes)]
        if any(given) and not all(given):
            raise InputError("image, panoptic and classes go together, got only some of them. Pass all three, or none.")
        if image is None:
            image, panoptic, classes = _first_street()
        image, panoptic = as_image(image), _checked(panoptic)
        if image.shape[:2] != panoptic.shape:
            raise InputError(
                f"image and panoptic must have one size, got {image.shape[:2]} and {panoptic.shape}. "
                "Resize ids by nearest neighbor?"
            )
        self._image = image
        segments = _segments(panoptic, tuple(classes), max_instances)
        first = next((one for one in segments if one["instance"]), segments[0])
        super().__init__(
            height=panoptic.shape[0],
            width=panoptic.shape[1],
            picture=picture_url(image),
            panoptic=panoptic.astype("<i4").tobytes(),
            segments=segments,
            max_instances=max_instances,
            layer=layer,
            picked=[first["row"], first["col"]],
        )

    @property
    def ids(self):
        """The panoptic ids, int32 `(H, W)`."""
        return np.frombuffer(self.panoptic, "<i4").reshape(self.height, self.width).astype(np.int32)

    def at(self, row, col):
        """Return what the demo tells of a pixel.

        Args:
            row: Row of the pixel, from the top.
            col: Column of the pixel.

        Returns:
            Dict of `category`, its `name`, `instance` and `panoptic` id.
        """
        number = int(self.ids[row, col])
        one = next(one for one in self.segments if one["id"] == number)
        return {"category": one["category"], "name": one["name"], "instance": one["instance"], "panoptic": number}

    def describe(self):
        """Return what is in the scene, in words."""
        things = [one for one in self.segments if one["instance"]]
        stuff = sorted({one["name"] for one in self.segments if not one["instance"]})
        names = sorted({one["name"] for one in things})
        counted = ", ".join(f"{name}: {sum(one['name'] == name for one in things)}" for name in names) or "none"
        return (
            f"A scene of {self.height} x {self.width} pixels as image, semantic labels, instances and panoptic ids. "
            f"Stuff: {', '.join(stuff) or 'none'}. Things: {counted}."
        )

    def static(self):
        """Return the four layers side by side, as a Matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 9 * self.height / self.width + 0.9), layout="constrained")
        titles = {
            "": "The image",
            "semantic": "Semantic: which class?",
            "instance": "Instances: which object?",
            "panoptic": "Panoptic: both, for every pixel",
        }
        for ax, (layer, title) in zip(figure.subplots(2, 2).flat, titles.items(), strict=True):
            ax.imshow(self._painted(layer) if layer else self._image, interpolation="nearest")
            ax.set_title(title, loc="left", fontsize="medium")
            ax.set_axis_off()
            self._write_names(ax, layer)
        return figure

    def _write_names(self, ax, layer):
        tall, letter, taken = self.height / 15, self.width / 55, []  # about what a name takes, in pixels of the image
        for one in self.segments:
            text, row, col = label_of(one, layer), one["row"], one["col"]
            if not text or one["area"] < self.height * self.width / 250:
                continue
            half = len(text) * letter / 2
            near = [other for other in taken if abs(col - other[1]) < half + other[2]]
            met = [other for other in near if abs(row - other[0]) < tall]
            if any(other[3] == text for other in met):
                continue  # the same name once more beside itself
            if met:
                row = min(other[0] for other in met) - tall
            taken.append((row, col, half, text))
            box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "0.3", "linewidth": 0.5}
            ax.text(col, row, text, ha="center", va="center", fontsize=7, bbox=box)

    def _painted(self, layer):
        ids = self.ids
        numbers, place = np.unique(ids, return_inverse=True)
        colors = {one["id"]: one["colors"][layer] for one in self.segments}
        painted = np.array([colors[int(number)] for number in numbers], np.uint8)[place.reshape(ids.shape)]
        voids = decode_panoptic(ids, max_instances=self.max_instances)[0] == IGNORE
        painted[voids & diagonals(ids.shape)] = 150
        return painted


def label_of(segment, layer):
    """Return what a layer writes on a segment.

    Args:
        segment: An entry of `StreetLayers.segments`.
        layer: `"semantic"`, `"instance"`, `"panoptic"` or `""`.

    Returns:
        A string, empty where the layer says nothing of the segment.

    Example:
        >>> car = {"name": "car", "instance": 2, "id": 4002}
        >>> [label_of(car, layer) for layer in LAYERS]
        ['car', '2', '4002']
    """
    if layer == "semantic":
        return segment["name"]
    if layer == "instance":
        return str(segment["instance"] or "")
    return str(segment["id"]) if layer == "panoptic" else ""


def _segments(panoptic, classes, max_instances):
    """What there is to say of each panoptic id of the picture, sorted by id."""
    from scipy.ndimage import distance_transform_edt

    numbers = np.unique(panoptic)
    categories, instances = decode_panoptic(numbers, max_instances=max_instances)
    unnamed = categories[(categories >= len(classes)) & (categories != IGNORE)]
    if unnamed.size:
        raise InputError(f"classes must name every category, got {len(classes)} names and category {unnamed[0]}.")
    if len(classes) > IGNORE:
        raise InputError(f"classes must be at most {IGNORE}, for {IGNORE} is void, got {len(classes)}.")
    palette = class_colors(min(256, len(classes) + max(1, int((instances > 0).sum())))).astype(int)
    others = palette[len(classes) :]  # an object in the color of a class would be taken for that class
    segments, met, things = [], {}, 0
    for number, category, instance in zip(numbers.tolist(), categories.tolist(), instances.tolist(), strict=True):
        mask = panoptic == number
        # The name stands where most of the segment is around it.
        depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        row, col = np.unravel_index(depth.argmax(), mask.shape)
        color = palette[category] if category != IGNORE else np.array([255, 255, 255])
        shade = _SHADES[met.get(category, 0) % len(_SHADES)] if instance else 0.0
        met[category] = met.get(category, 0) + 1
        things += instance > 0
        shaded = color + ((255 if shade > 0 else 0) - color) * abs(shade)
        segments.append(
            {
                "id": number,
                "category": category,
                "name": VOID if category == IGNORE else str(classes[category]),
                "instance": instance,
                "area": int(mask.sum()),
                "row": int(row),
                "col": int(col),
                "colors": {
                    "semantic": color.tolist(),
                    "instance": (others[(things - 1) % len(others)] if instance else palette[0]).tolist(),
                    "panoptic": np.rint(shaded).astype(int).tolist(),
                },
            }
        )
    return segments


def _checked(panoptic):
    panoptic = np.asarray(panoptic)
    if panoptic.ndim != 2 or not np.issubdtype(panoptic.dtype, np.integer):
        raise InputError(
            f"panoptic must be integers of shape (H, W), got {panoptic.dtype} of shape {panoptic.shape}. "
            "Pass encode_panoptic(categories, instances) of one image?"
        )
    return panoptic


def _first_street():
    from seglab.datasets.streets import STREETS, streets

    images, panoptic = streets(1, size=(120, 200))
    return images[0], panoptic[0], STREETS
