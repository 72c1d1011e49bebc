"""NMS threshold: which of many overlapping boxes stay, which fall to which, and what that costs against the truth."""

import numpy as np
import traitlets

from seglab.boxes import box_iou, clip_boxes, mask_boxes
from seglab.errors import InputError
from seglab.visualization.overlay import as_image
from seglab.widgets.base import Demo, picture_url
from seglab.widgets.nms_threshold_rules import METHODS, judge, suppress

KINDS = {
    "found": ("#56b4e9", "-", "finds its object"),
    "duplicate": ("#e69f00", "--", "duplicate"),
    "false alarm": ("#cc79a7", ":", "false alarm"),
    "fallen": ("#ffffff", (0, (1, 2)), "fallen"),
}
_COUNTS = {"found": "found", "duplicates": "duplicate", "false_alarms": "false alarm"}
_SCENE, _SIZE = 1573, (60, 84)  # eight cells, two of which share 0.4 of their boxes


class NMSThreshold(Demo):
    """Scored boxes over a scene: two sliders decide which stay, and every box can be dragged.

    How boxes are kept and judged stands in `nms_threshold_rules`.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8; `None` for drawn cells. The next three
            go with it.
        boxes: Array `(N, 4)`, the scored boxes as `(top, left, bottom, right)` in pixels.
        scores: Array `(N,)`, float in [0, 1].
        true_boxes: Array `(M, 4)`, the true boxes.
        threshold: A box falls if its IoU with a better one is above this.
        score_threshold: Boxes with a lower score are not asked at all.
        method: `"greedy"`, `"fast"` or `"soft"`.

    Raises:
        InputError: If only some of the four arrays are given, their shapes do not fit, or a number is outside [0, 1].

    Example:
        >>> demo = NMSThreshold(threshold=0.5)
        >>> demo.judged()["found"], demo.judged()["duplicates"]
        (8, 3)
    """

    title = "NMS threshold"

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Unicode("").tag(sync=True)
    boxes = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    true_boxes = traitlets.List().tag(sync=True)
    threshold = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    score_threshold = traitlets.Float(0.3, min=0, max=1).tag(sync=True)
    method = traitlets.Enum(METHODS, "greedy").tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        image=None,
        boxes=None,
        scores=None,
        true_boxes=None,
        *,
        threshold=0.5,
        score_threshold=0.3,
        method="greedy",
    ):
        given = {"image": image, "boxes": boxes, "scores": scores, "true_boxes": true_boxes}
        missing = [name for name, value in given.items() if value is None]
        if 0 < len(missing) < len(given):
            raise InputError(
                f"image, boxes, scores and true_boxes go together, got no {missing[0]}. Pass all, or none."
            )
        if method not in METHODS:
            raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}.")
        if missing:
            image, boxes, scores, true_boxes = drawn_claims()
        self._image = as_image(image)
        boxes, true_boxes = _checked("boxes", boxes), _checked("true_boxes", true_boxes)
        scores = np.asarray(scores, float)
        if scores.shape != (len(boxes),):
            raise InputError(f"scores must hold one number for each of the {len(boxes)} boxes, got {scores.shape}.")
        for name, values in (("scores", scores), ("threshold", threshold), ("score_threshold", score_threshold)):
            if not ((np.asarray(values) >= 0) & (np.asarray(values) <= 1)).all():
                raise InputError(f"{name} must lie in [0, 1], got {values}.")
        super().__init__(
            height=self._image.shape[0],
            width=self._image.shape[1],
            picture=picture_url(self._image),
            boxes=boxes.tolist(),
            scores=scores.tolist(),
            true_boxes=true_boxes.tolist(),
            threshold=float(threshold),
            score_threshold=float(score_threshold),
            method=method,
        )
        self.numbers = self.judged()

    def fates(self):
        """Compute in Python, with `seglab.boxes`, what becomes of every box.

        Returns:
            List of a dict for each box. `kind` is `"found"`, `"duplicate"` or `"false alarm"` for a kept box,
            `"fallen"`, or `"weak"` for one that is not asked. `to` is the index of the box that a fallen one falls to,
            of the true box that a kept one finds or doubles, else -1; `iou` is the overlap with it. `score` is the
            score at the end, which only `"soft"` changes.

        Example:
            >>> demo = NMSThreshold(np.zeros((9, 9)), [[0, 0, 8, 8], [0, 1, 8, 9]], [0.8, 0.9], [[0, 0, 8, 8]])
            >>> [(fate["kind"], fate["to"]) for fate in demo.fates()]
            [('fallen', 1), ('found', 0)]
        """
        boxes, true_boxes = _checked("boxes", self.boxes), _checked("true_boxes", self.true_boxes)
        iou = box_iou(boxes, boxes)
        kept, to, scores = suppress(
            boxes, self.scores, threshold=self.threshold, score_threshold=self.score_threshold, method=self.method
        )
        fates = [
            {"kind": "weak" if other < 0 else "fallen", "to": other, "iou": iou[one, other] if other >= 0 else 0.0}
            for one, other in enumerate(to.tolist())
        ]
        for one, fate in zip(kept.tolist(), judge(box_iou(boxes[kept], true_boxes)), strict=True):
            fates[one] = fate
        ends = scores.tolist()
        return [{**fate, "iou": float(fate["iou"]), "score": end} for fate, end in zip(fates, ends, strict=True)]

    def judged(self):
        """Count in Python what the demo counts in the browser.

        Returns:
            Dict of `kept` boxes, true boxes `found` and `missed`, `duplicates` and `false_alarms` among the kept.

        Example:
            >>> NMSThreshold(score_threshold=1).judged()["missed"]
            8
        """
        kinds = [fate["kind"] for fate in self.fates()]
        counts = {name: kinds.count(kind) for name, kind in _COUNTS.items()}
        return {"kept": sum(counts.values()), **counts, "missed": len(self.true_boxes) - counts["found"]}

    def describe(self):
        """Return what the demo shows now, in words."""
        counts = self.judged()
        return (
            f"{len(self.boxes)} scored boxes over a scene with {len(self.true_boxes)} objects, {self.method} NMS at "
            f"IoU {self.threshold:.2f}, scores from {self.score_threshold:.2f} on: {counts['kept']} boxes are kept. "
            f"Objects found: {counts['found']}, missed: {counts['missed']}. Duplicates: {counts['duplicates']}, "
            f"false alarms: {counts['false_alarms']}."
        )

    def static(self):
        """Return the scene before and after suppression, as a Matplotlib figure."""
        from matplotlib.figure import Figure
        from matplotlib.lines import Line2D

        figure = Figure(figsize=(9, 4.5 * self.height / self.width + 1.1), layout="constrained", facecolor="white")
        before, after = figure.subplots(1, 2)
        counts, fates = self.judged(), self.fates()
        asked = sum(fate["kind"] != "weak" for fate in fates)
        titles = {
            before: f"{asked} boxes with a score from {self.score_threshold:.2f} on",
            after: f"{self.method.capitalize()} NMS at IoU {self.threshold:.2f}: {counts['kept']} are kept",
        }
        for ax, title in titles.items():
            ax.imshow(self._image, interpolation="nearest", extent=(0, self.width, self.height, 0))
            ax.set_title(title, loc="left", fontsize="medium")
            ax.set_axis_off()
        for box, fate in zip(self.boxes, fates, strict=True):
            if fate["kind"] != "weak":
                _draw_box(before, box, "#ffffff", "-", 1)
                kept = fate["kind"] != "fallen"
                _draw_box(after, box, *KINDS[fate["kind"]][:2], 2 if kept else 0.8)
        handles = [Line2D([], [], color=color, linestyle=line, linewidth=2) for color, line, _ in KINDS.values()]
        for handle, (_, _, name) in zip(handles, KINDS.values(), strict=True):
            handle.set_label(name)
        legend = figure.legend(handles=handles, loc="outside lower center", ncols=4, facecolor="#20302c")
        for text in legend.get_texts():
            text.set_color("white")
        return figure


def drawn_claims():
    """Draw cells that touch, and claim each of them three times.

    Returns:
        `(image, boxes, scores, true_boxes)` as `NMSThreshold` takes them. The last two boxes lie where no cell is.

    Example:
        >>> image, boxes, scores, true_boxes = drawn_claims()
        >>> len(boxes), len(true_boxes)
        (26, 8)
    """
    from seglab.datasets.synthetic import draw_cells

    image, instances = draw_cells(_SCENE, size=_SIZE, split="val")
    numbers = np.unique(instances)[1:]
    true = mask_boxes(instances == numbers[:, None, None]).astype(float)
    rng = np.random.default_rng(0)
    moved = true + rng.normal(0, 0.13, (3, *true.shape)) * np.tile(true[:, 2:] - true[:, :2], 2)
    boxes = clip_boxes(np.rint(moved.reshape(-1, 4)), _SIZE)
    quality = box_iou(boxes, true)[np.arange(len(boxes)), np.tile(np.arange(len(true)), 3)]
    scores = np.clip(quality + rng.normal(0, 0.1, len(boxes)), 0.05, 0.99).round(2)
    wrong = [[40, 52, 51, 66], [46, 10, 56, 21]]
    return image, np.concatenate([boxes, wrong]), np.concatenate([scores, [0.34, 0.22]]), true


def _draw_box(ax, box, color, line, width):
    from matplotlib.patches import Rectangle

    top, left, bottom, right = box
    style = {"fill": False, "edgecolor": color, "linestyle": line, "linewidth": width}
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, **style))


def _checked(name, boxes):
    boxes = np.asarray(boxes, float)
    if boxes.size == 0:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise InputError(
            f"{name} must be finite numbers of shape (N, 4): (top, left, bottom, right); got {boxes.shape}."
        )
    return boxes
