"""Prototype mixer: the mask of one object as a sum of a few maps, a slider per coefficient, cut off by its box."""

import numpy as np
import traitlets
from scipy import ndimage

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.widgets.base import Demo, bytes_from_front_end
from seglab.widgets.iou_playground import kind_colors, rasterize
from seglab.widgets.stride_explorer import drawn_shapes

MOST_PROTOTYPES, MOST_OBJECTS = 12, 26
_SIZE = (64, 96)
# From back to front: a disc behind another one, one object alone, and one in front of the middle of another.
_SCENE = (
    ("disc", [18, 20, 28, 28]),
    ("disc", [5, 5, 28, 28]),
    ("triangle", [4, 50, 22, 22]),
    ("car", [38, 50, 22, 44]),
    ("person", [28, 66, 32, 14]),
)


class PrototypeMixer(Demo):
    """A mask the way YOLACT writes it: prototypes times coefficients, summed, sigmoid, cropped, above one half.

    The prototypes belong to the image, the coefficients to the object that is asked for. `solve` looks for them by
    least squares: over the pixels of the box where the box cuts, over the whole image where it does not.

    Args:
        prototypes: Float array `(k, H, W)`, 1 to 12 maps; `None`, together with `masks`, for a drawn scene of five
            objects and four maps.
        masks: Bool array `(N, H, W)`, the true masks of the objects, none of them empty.
        names: Names of the prototypes; `None` numbers your own.
        object: Index of the object that is asked for.
        coefficients: k numbers in [-1, 1], as tanh gives, counted in hundredths; `None` for 1 and zeros.
        crop: Whether the mask is cut off by the box of the object.

    Raises:
        InputError: If an argument is not as described.

    Example:
        >>> demo = PrototypeMixer(object=0)
        >>> before = demo.scores()["iou"]
        >>> demo.solve()
        [-0.57, -0.15, 1.0, 0.58]
        >>> before < demo.scores()["iou"]
        True
    """

    title = "Prototype mixer"
    borrows = ("iou_playground_drawing.js",)

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    prototypes = traitlets.Bytes().tag(sync=True, from_json=bytes_from_front_end)
    masks = traitlets.Bytes().tag(sync=True, from_json=bytes_from_front_end)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    boxes = traitlets.List().tag(sync=True)
    places = traitlets.List().tag(sync=True)
    object = traitlets.Int().tag(sync=True)
    coefficients = traitlets.List(traitlets.Float()).tag(sync=True)
    crop = traitlets.Bool().tag(sync=True)
    colors = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, prototypes=None, masks=None, *, names=None, object=0, coefficients=None, crop=True):
        if (prototypes is None) != (masks is None):
            raise InputError("prototypes and masks go together, got one of them. Pass both, or none?")
        if prototypes is None:
            prototypes, masks, drawn_names = drawn_scene()
            names = drawn_names if names is None else names
        prototypes, masks = _checked_maps(prototypes, masks)
        count, height, width = prototypes.shape
        names = [f"prototype {number}" for number in range(1, count + 1)] if names is None else list(names)
        if len(names) != count:
            raise InputError(f"names must be {count}, one per prototype, got {len(names)}.")
        super().__init__(
            height=height,
            width=width,
            prototypes=prototypes.astype("<f4").tobytes(),
            masks=masks.astype(np.uint8).tobytes(),
            names=names,
            boxes=[_box(mask) for mask in masks],
            places=[_place(mask) for mask in masks],
            object=object,
            coefficients=[1.0] + [0.0] * (count - 1) if coefficients is None else list(coefficients),
            crop=crop,
            colors={**kind_colors(), "objects": class_colors(len(masks) + 1)[1:].tolist()},
        )
        self.numbers = self.scores()

    @traitlets.validate("object")
    def _check_object(self, proposal):
        if not 0 <= proposal.value < len(self.boxes or [0] * MOST_OBJECTS):
            raise InputError(f"object must lie in [0, {len(self.boxes)}), got {proposal.value}.")
        return proposal.value

    @traitlets.validate("coefficients")
    def _check_coefficients(self, proposal):
        values = [round(float(value), 2) + 0.0 for value in proposal.value]
        if len(values) != len(self.names) or not all(-1 <= value <= 1 for value in values):
            raise InputError(f"coefficients must be {len(self.names)} numbers in [-1, 1], got {proposal.value}.")
        return values

    def maps(self):
        """Return the prototypes as float array `(k, H, W)`."""
        flat = np.frombuffer(self.prototypes, "<f4").astype(float)
        return flat.reshape(len(self.names), self.height, self.width)

    def truth(self):
        """Return the true mask of the object, bool `(H, W)`."""
        flat = np.frombuffer(self.masks, np.uint8).reshape(-1, self.height, self.width)
        return flat[self.object].astype(bool)

    def inside(self):
        """Return the pixels in the box of the object, bool `(H, W)`."""
        top, left, bottom, right = self.boxes[self.object]
        mask = np.zeros((self.height, self.width), bool)
        mask[top:bottom, left:right] = True
        return mask

    def logits(self, coefficients=None):
        """Mix the prototypes, in Python.

        Args:
            coefficients: k numbers; `None` for those of the demo.

        Returns:
            Float array `(H, W)`, before the sigmoid.

        Example:
            >>> two = np.array([[[2, 2], [0, 0]], [[0, 2], [0, 2]]])
            >>> PrototypeMixer(two, np.ones((1, 2, 2), bool), coefficients=[1, -1]).logits()
            array([[ 2.,  0.],
                   [ 0., -2.]])
        """
        coefficients = self.coefficients if coefficients is None else coefficients
        logits = np.zeros((self.height, self.width))
        for coefficient, prototype in zip(coefficients, self.maps(), strict=True):
            logits += np.rint(100 * coefficient) * prototype  # hundredths, so that what cancels on paper cancels here
        return logits / 100

    def y_pred(self, coefficients=None, *, crop=None):
        """Return the mask that comes out: the pixels with a probability above one half.

        Args:
            coefficients: As for `logits`.
            crop: Whether the box of the object cuts the mask; `None` as the demo says.

        Returns:
            Bool array `(H, W)`.
        """
        above = 1 / (1 + np.exp(-self.logits(coefficients))) > 0.5
        return above & self.inside() if (self.crop if crop is None else crop) else above

    def scores(self, coefficients=None, *, crop=None):
        """Compute in Python what the demo computes in the browser.

        Args:
            coefficients: As for `logits`.
            crop: As for `y_pred`.

        Returns:
            Dict of `iou`, the counts `tp`, `fp`, `fn`, `tn`, and `outside`: pixels above one half that lie outside of
            the box, whether it cuts them off or not.
        """
        y_true, y_pred = self.truth(), self.y_pred(coefficients, crop=crop)
        tp, either = int((y_true & y_pred).sum()), int((y_true | y_pred).sum())
        return {
            "iou": tp / either,
            "tp": tp,
            "fp": int((~y_true & y_pred).sum()),
            "fn": int((y_true & ~y_pred).sum()),
            "tn": y_true.size - either,
            "outside": int((self.y_pred(coefficients, crop=False) & ~self.inside()).sum()),
        }

    def solution(self, *, crop=None):
        """Find coefficients by least squares; the demo stays as it is.

        The sum should be +1 on the object and -1 elsewhere; both sides weigh the same, however many pixels they have.
        Then all are scaled together, until the largest is 1 or -1: that moves no sign, so no pixel of the mask.

        Args:
            crop: Whether only the pixels in the box count; `None` as the demo says.

        Returns:
            List of k numbers, in hundredths.
        """
        counted = self.inside() if (self.crop if crop is None else crop) else np.ones((self.height, self.width), bool)
        equations, wanted = self.maps()[:, counted].T, np.where(self.truth()[counted], 1.0, -1.0)
        weights = np.where(wanted > 0, 1 / np.sum(wanted > 0), 1 / max(np.sum(wanted < 0), 1))
        products = equations.T @ (equations * weights[:, None])
        # A little of the identity: maps that are alike, or empty in the box, leave coefficients open.
        products += np.eye(len(products)) * (1e-6 * np.trace(products) / len(products) + 1e-12)
        found = np.linalg.solve(products, equations.T @ (wanted * weights))
        return [round(value, 2) + 0.0 for value in (found / (np.abs(found).max() or 1)).tolist()]

    def solve(self):
        """Set the coefficients to `solution()`, as the button does, and return them."""
        self.coefficients = self.solution()
        self.numbers = self.scores()
        return self.coefficients

    def describe(self):
        """Return the object, its coefficients and the overlap in words."""
        scores = self.scores()
        mixture = ", ".join(
            f"{value:.2f} of {name}" for value, name in zip(self.coefficients, self.names, strict=True) if value
        )
        cut = "cut off by its box" if self.crop else "not cut off by its box"
        return (
            f"Object {chr(65 + self.object)} of {len(self.boxes)} as a sum of {mixture or 'nothing'}, {cut}: "
            f"IoU {scores['iou']:.3f}; {scores['outside']:,} pixels above one half lie outside of the box."
        )

    def static(self):
        """Return the scene, the prototypes, their sum and what becomes of it as a figure."""
        from seglab.widgets.prototype_mixer_picture import picture

        return picture(self)


def drawn_scene():
    """Draw the scene that the demo starts with.

    Returns:
        `(prototypes, masks, names)`: float array `(4, 64, 96)`, bool array `(5, 64, 96)`, four strings.

    Example:
        >>> prototypes, masks, names = drawn_scene()
        >>> names
        ['objects', 'background', 'objects, to the right', 'objects, downward']
    """
    height, width = _SIZE
    shapes, order = drawn_shapes(), np.full(_SIZE, -1)
    for number, (shape, box) in enumerate(_SCENE):
        order[rasterize(shapes[shape], box, height, width)] = number
    anything = order >= 0
    down, across = (np.indices(_SIZE) + 0.5) / np.reshape(_SIZE, (2, 1, 1))
    maps = 6 * np.stack([anything, ~anything, anything * across, anything * down])
    names = ["objects", "background", "objects, to the right", "objects, downward"]
    return maps, order == np.arange(len(_SCENE))[:, None, None], names


def _checked_maps(prototypes, masks):
    prototypes, masks = np.asarray(prototypes, float), np.asarray(masks)
    if prototypes.ndim != 3 or not 1 <= len(prototypes) <= MOST_PROTOTYPES or not np.isfinite(prototypes).all():
        raise InputError(
            f"prototypes must be 1 to {MOST_PROTOTYPES} finite maps of shape (k, H, W), got {prototypes.shape}."
        )
    if masks.dtype != bool or masks.ndim != 3 or masks.shape[1:] != prototypes.shape[1:]:
        raise InputError(
            f"masks must be bool of shape (N, {prototypes.shape[1]}, {prototypes.shape[2]}), got {masks.dtype} "
            f"{masks.shape}. Bring prototypes and masks to one size?"
        )
    if not 1 <= len(masks) <= MOST_OBJECTS or not masks.any(axis=(1, 2)).all():
        raise InputError(f"masks must hold 1 to {MOST_OBJECTS} objects, none of them empty, got {len(masks)}.")
    return prototypes, masks


def _box(mask):
    """Smallest box (top, left, bottom, right) around a mask."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1]


def _place(mask):
    """Row and column of the pixel deepest in a mask: where its letter stands."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return [int(index) for index in np.unravel_index(depth.argmax(), mask.shape)]
