"""IoU playground: move two masks over each other, paint them, and watch four measures of the overlap."""

import numpy as np
import traitlets

from seglab.errors import InputError
from seglab.metrics import boundary_distance, boundary_iou, confusion_matrix, dice_per_class, iou_per_class
from seglab.metrics import pixel_accuracy as pixel_accuracy_of
from seglab.visualization import show_errors
from seglab.visualization.errors import COLORS, FN, FP, STRIPE_COLORS, TN, TP
from seglab.widgets.base import Demo, bytes_from_front_end, picture_url

SHAPES = ("rectangle", "ellipse")
_FN_STRIPES = (214, 128, 104)


class IoUPlayground(Demo):
    """Two masks, the truth and the prediction, to drag, resize, paint and erase, with IoU, Dice, pixel accuracy and
    boundary IoU of the foreground, counted as `seglab.metrics` does.

    The state lives in four traits: a shape (`true_shape`, `pred_shape`) and a box that holds it (`true_box`,
    `pred_box`, as row, column, height, width). A painted or loaded mask is a shape too, so it moves and scales alike.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8, under the masks; `None` for a plain ground.
        y_true: Bool array `(H, W)`, or integers 0 and 1: the true mask; `None` for a shape to play with.
        y_pred: The predicted mask, alike.
        size: `(height, width)` where neither image nor mask says it; `None` for 240 x 320.
        shape: `"rectangle"` or `"ellipse"`, for masks that are not given.
        guess_first: Whether to hide the numbers until a guess is entered; a button switches it too.

    Raises:
        InputError: If sizes differ, or a mask holds other values than 0 and 1.

    Example:
        >>> demo = IoUPlayground(size=(60, 80))
        >>> demo.pred_box = demo.true_box
        >>> demo.scores()["iou"]
        1.0
    """

    title = "IoU playground"

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Unicode("").tag(sync=True)
    true_shape = traitlets.Dict().tag(sync=True, from_json=bytes_from_front_end)
    pred_shape = traitlets.Dict().tag(sync=True, from_json=bytes_from_front_end)
    true_box = traitlets.List(traitlets.Int()).tag(sync=True)
    pred_box = traitlets.List(traitlets.Int()).tag(sync=True)
    distance = traitlets.Int().tag(sync=True)
    colors = traitlets.Dict().tag(sync=True)
    guess_first = traitlets.Bool(False).tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, image=None, y_true=None, y_pred=None, *, size=None, shape="rectangle", guess_first=False):
        if shape not in SHAPES:
            raise InputError(f"shape must be one of {', '.join(SHAPES)}, got {shape!r}.")
        height, width = _common_size(image, y_true, y_pred, size)
        # Apart by a third of their size in both directions, so that all four kinds of pixels are to be seen.
        box = [round(height * 0.22), round(width * 0.16), round(height * 0.42), round(width * 0.42)]
        other = [round(height * 0.36), round(width * 0.3), *box[2:]]
        true_shape, true_box = ({"kind": shape}, box) if y_true is None else cropped("y_true", y_true)
        pred_shape, pred_box = ({"kind": shape}, other) if y_pred is None else cropped("y_pred", y_pred)
        super().__init__(
            height=height,
            width=width,
            picture="" if image is None else picture_url(image),
            true_shape=true_shape,
            true_box=true_box,
            pred_shape=pred_shape,
            pred_box=pred_box,
            distance=boundary_distance(height, width),
            colors=kind_colors(),
            guess_first=guess_first,
        )
        self.numbers = self.scores()

    @property
    def y_true(self):
        """The true mask as it is now, bool `(H, W)`."""
        return rasterize(self.true_shape, self.true_box, self.height, self.width)

    @property
    def y_pred(self):
        """The predicted mask as it is now, bool `(H, W)`."""
        return rasterize(self.pred_shape, self.pred_box, self.height, self.width)

    def scores(self):
        """Compute in Python, with `seglab.metrics`, what the demo computes in the browser.

        Returns:
            Dict of `iou`, `dice` and `boundary_iou` of the foreground (`None` where both masks are empty),
            `pixel_accuracy`, and the numbers of pixels `tp`, `fp`, `fn`, `tn`.

        Example:
            >>> scores = IoUPlayground(y_true=np.eye(4, dtype=bool), y_pred=np.ones((4, 4), bool)).scores()
            >>> scores["iou"], scores["dice"], scores["fp"]
            (0.25, 0.4, 12)
        """
        y_true, y_pred = self.y_true.astype(np.uint8), self.y_pred.astype(np.uint8)
        matrix = confusion_matrix(y_true, y_pred, 2)
        measures = {
            "iou": iou_per_class(matrix)[1],
            "dice": dice_per_class(matrix)[1],
            "pixel_accuracy": pixel_accuracy_of(matrix),
            "boundary_iou": boundary_iou(y_true, y_pred, 2, distance=self.distance)[1],
        }
        (tn, fp), (fn, tp) = matrix.tolist()
        # JSON has no nan.
        measures = {name: None if np.isnan(value) else float(value) for name, value in measures.items()}
        return {**measures, "tp": tp, "fp": fp, "fn": fn, "tn": tn}

    def describe(self):
        """Return the two masks and their measures in words; without the measures where they are to be guessed."""
        scores = self.scores()
        masks = (
            f"A true and a predicted mask on {self.height} x {self.width} pixels, {scores['tp']:,} of them in both, "
            f"{scores['fp']:,} in the prediction only, {scores['fn']:,} in the truth only."
        )
        return masks if self.guess_first else f"{masks} {self._measures()}."

    def _measures(self):
        shown = {name: "n/a" if value is None else f"{value:.3f}" for name, value in list(self.scores().items())[:4]}
        return (
            f"IoU {shown['iou']}, Dice {shown['dice']}, pixel accuracy {shown['pixel_accuracy']}, "
            f"boundary IoU {shown['boundary_iou']}"
        )

    def static(self):
        """Return the two masks as a map of errors, with the measures in its title."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 5.2), layout="constrained")
        title = "What is the IoU? The numbers of pixels tell." if self.guess_first else self._measures()
        show_errors(self.y_true.astype(int), self.y_pred.astype(int), title=title, ax=figure.add_subplot())
        return figure


def rasterize(shape, box, height, width):
    """Draw a shape into its box, pixel for pixel as the browser does.

    A pixel belongs to an ellipse if its center lies in it; a mask is scaled by nearest neighbor.

    Args:
        shape: `{"kind": "rectangle"}`, `{"kind": "ellipse"}` or `{"kind": "mask", "size": (h, w), "data": bytes}`,
            one byte, 0 or 1, per pixel of the mask.
        box: `(row, col, height, width)` in pixels; what lies outside the image is cut off.
        height: Height of the image.
        width: Width of the image.

    Returns:
        Bool array `(height, width)`.

    Example:
        >>> rasterize({"kind": "ellipse"}, (-1, 1, 4, 4), 3, 6).astype(int)
        array([[0, 1, 1, 1, 1, 0],
               [0, 1, 1, 1, 1, 0],
               [0, 0, 1, 1, 0, 0]])
    """
    top, left, rows, cols = box
    if shape["kind"] == "rectangle":
        drawn = np.ones((rows, cols), bool)
    elif shape["kind"] == "ellipse":
        down = (2 * np.arange(rows)[:, None] + 1 - rows) * cols  # integers: no rounding to agree on
        across = (2 * np.arange(cols) + 1 - cols) * rows
        drawn = down**2 + across**2 < (rows * cols) ** 2
    else:
        source_rows, source_cols = shape["size"]
        source = np.frombuffer(shape["data"], np.uint8).reshape(source_rows, source_cols)
        row = (2 * np.arange(rows) + 1) * source_rows // max(2 * rows, 1)
        col = (2 * np.arange(cols) + 1) * source_cols // max(2 * cols, 1)
        drawn = source[row[:, None], col].astype(bool)
    mask = np.zeros((height, width), bool)
    inside = mask[max(top, 0) : max(top + rows, 0), max(left, 0) : max(left + cols, 0)]
    cut_top, cut_left = max(-top, 0), max(-left, 0)
    inside[:] = drawn[cut_top : cut_top + inside.shape[0], cut_left : cut_left + inside.shape[1]]
    return mask


def cropped(name, mask):
    """Return the shape and box of a mask: its pixels within the smallest box around them.

    Args:
        name: What the mask is called in an error.
        mask: Bool array `(H, W)`, or integers 0 and 1.

    Returns:
        `(shape, box)`: `dict` with `kind`, `size` and `data`, and `[row, col, height, width]` in pixels; without a
        pixel all of them 0.

    Raises:
        InputError: If the mask is no such array.
    """
    mask = _checked(name, mask)
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return {"kind": "mask", "size": [0, 0], "data": b""}, [0, 0, 0, 0]
    top, bottom, left, right = (int(edge) for edge in (rows[0], rows[-1] + 1, cols[0], cols[-1] + 1))
    data = mask[top:bottom, left:right].astype(np.uint8).tobytes()
    return {"kind": "mask", "size": [bottom - top, right - left], "data": data}, [top, left, bottom - top, right - left]


def _checked(name, mask):
    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise InputError(f"{name} must have shape (H, W), got {mask.shape}. Pass one mask, not a batch?")
    if mask.dtype != bool and (not np.issubdtype(mask.dtype, np.integer) or not np.isin(mask, (0, 1)).all()):
        found = f"{mask.dtype} from {mask.min()} to {mask.max()}" if mask.size else mask.dtype
        raise InputError(f"{name} must be bool, or integers 0 and 1, got {found}. Pass {name} == k for class k?")
    return mask.astype(bool)


def _common_size(image, y_true, y_pred, size):
    given = {"image": image, "y_true": y_true, "y_pred": y_pred}
    sizes = {name: np.shape(array)[:2] for name, array in given.items() if array is not None}
    if size is not None:
        sizes["size"] = tuple(size)
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {found}" for name, found in sizes.items())
        raise InputError(f"image, y_true, y_pred and size must agree, got {said}. Resize masks by nearest neighbor?")
    height, width = next(iter(sizes.values()), (240, 320))
    if min(height, width) < 4:
        raise InputError(f"size must be at least 4 x 4 pixels, got {height} x {width}.")
    return int(height), int(width)


def kind_colors():
    """Give the fill and the stripe of each kind of pixel, as in `seglab.visualization.show_errors`.

    Returns:
        Dict from `tn`, `tp`, `fp`, `fn`, `fp_stripes` and `fn_stripes` to `[red, green, blue]`, 0 to 255.

    Example:
        >>> sorted(kind_colors())
        ['fn', 'fn_stripes', 'fp', 'fp_stripes', 'tn', 'tp']
    """
    fills = {name: COLORS[kind].tolist() for name, kind in (("tn", TN), ("tp", TP), ("fp", FP), ("fn", FN))}
    return {**fills, "fp_stripes": list(STRIPE_COLORS[FP]), "fn_stripes": list(_FN_STRIPES)}
