"""Panoptic merge: masks with scores and a map of stuff become one map, and panoptic quality follows the settings."""

import numpy as np
import traitlets

from seglab.errors import InputError
from seglab.labels import class_colors
from seglab.metrics import panoptic_counts, panoptic_quality
from seglab.visualization.overlay import as_image
from seglab.widgets.base import Demo, picture_url
from seglab.widgets.panoptic_merge_rules import drawn_claims, merge_with_reasons


class PanopticMerge(Demo):
    """What two heads say of a street, and the panoptic map that the merge makes of it.

    The rules are those of `seglab.models.panoptic_fpn.merge`, the numbers those of `seglab.metrics.panoptic_quality`.

    Args:
        image: Array `(H, W, 3)` or `(H, W)`, float in [0, 1] or uint8; `None` for a drawn street. The next three go
            with it.
        found: Dict as `merge` takes it: `masks` bool `(n, H, W)`, `classes` int `(n,)`, `scores` float `(n,)`, and
            `semantic` float `(H, W, S + 1)`, the last channel for "some thing".
        truth: Integer array `(H, W)`, the true panoptic map.
        classes: Names of the `K` categories in index order.
        things: Category of each thing class.
        stuff: Category of each stuff class.
        threshold: Masks with a lower score are left out.
        overlap: A mask is left out if more than this part of it is taken.
        least_stuff: Pixels below which a stuff class is left out.

    Raises:
        InputError: If only some of the four are given, they do not fit together, or a setting is out of its range.

    Example:
        >>> demo = PanopticMerge()
        >>> strict = PanopticMerge(threshold=0.95)
        >>> demo.judged()["pq_things"] > strict.judged()["pq_things"]
        True
    """

    title = "Panoptic merge"
    borrows = ("street_layers_drawing.js", "iou_playground_drawing.js")

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Unicode("").tag(sync=True)
    masks = traitlets.Bytes().tag(sync=True)
    claims = traitlets.List().tag(sync=True)
    best_stuff = traitlets.Bytes().tag(sync=True)
    truth = traitlets.Bytes().tag(sync=True)
    classes = traitlets.List().tag(sync=True)
    colors = traitlets.List().tag(sync=True)
    things = traitlets.List().tag(sync=True)
    stuff = traitlets.List().tag(sync=True)
    threshold = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    overlap = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    least_stuff = traitlets.Int(30, min=0).tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        image=None,
        found=None,
        truth=None,
        classes=None,
        *,
        things=(4, 5),
        stuff=(0, 1, 2, 3),
        threshold=0.5,
        overlap=0.5,
        least_stuff=30,
    ):
        given = {"image": image, "found": found, "truth": truth, "classes": classes}
        missing = [name for name, value in given.items() if value is None]
        if 0 < len(missing) < len(given):
            raise InputError(
                f"image, found, truth and classes go together, got no {missing[0]}. Pass all four, or none."
            )
        if missing:
            image, found, truth, classes = drawn_claims()
        for name, value in (("threshold", threshold), ("overlap", overlap)):
            if not 0 <= value <= 1:
                raise InputError(f"{name} must lie in [0, 1], got {value!r}.")
        if least_stuff != int(least_stuff) or least_stuff < 0:
            raise InputError(f"least_stuff must be a whole number of pixels, 0 or more, got {least_stuff!r}.")
        self._image, self._y_true = as_image(image), np.asarray(truth)
        self._found = _checked(found, self._image.shape[:2], self._y_true, len(classes), things, stuff)
        scores = np.asarray(found["scores"], float).tolist()
        super().__init__(
            height=self._image.shape[0],
            width=self._image.shape[1],
            picture=picture_url(self._image),
            masks=np.packbits(self._found["masks"]).tobytes(),
            claims=[
                {"category": int(things[klass]), "score": score}
                for klass, score in zip(self._found["classes"].tolist(), scores, strict=True)
            ],
            best_stuff=np.asarray(found["semantic"]).argmax(axis=-1).astype(np.uint8).tobytes(),
            truth=self._y_true.astype("<i4").tobytes(),
            classes=[str(name) for name in classes],
            colors=class_colors(len(classes)).tolist(),
            things=[int(category) for category in things],
            stuff=[int(category) for category in stuff],
            threshold=float(threshold),
            overlap=float(overlap),
            least_stuff=int(least_stuff),
        )
        self.numbers = self.judged()

    def merged(self):
        """Merge in Python, with the present settings.

        Returns:
            `(ids, fates, rests)` as of `panoptic_merge_rules.merge_with_reasons`.

        Example:
            >>> ids, fates, rests = PanopticMerge(threshold=1).merged()
            >>> {fate["kind"] for fate in fates}, int((ids % 1000 > 0).sum())
            ({'score'}, 0)
        """
        best = np.frombuffer(self.best_stuff, np.uint8).reshape(self.height, self.width)
        settings = {"threshold": self.threshold, "overlap": self.overlap, "least_stuff": self.least_stuff}
        return merge_with_reasons(self.claims, self._found["masks"], best, self.stuff, **settings)

    def judged(self):
        """Compute in Python, with `seglab.metrics`, what the demo computes in the browser.

        Returns:
            Dict of `pq`, `sq`, `rq`, `pq_things` and `pq_stuff`, `None` where there is nothing to count; numbers of
            segments `tp`, `fp` and `fn`; and `void`, the pixels that nobody claims.

        Example:
            >>> sorted(PanopticMerge().judged())
            ['fn', 'fp', 'pq', 'pq_stuff', 'pq_things', 'rq', 'sq', 'tp', 'void']
        """
        ids = self.merged()[0]
        counts = panoptic_counts(self._y_true, ids, len(self.classes))
        quality = panoptic_quality(counts, things=self.things)
        means = {name: getattr(quality, name) for name in ("pq", "sq", "rq", "pq_things", "pq_stuff")}
        return {
            **{name: None if np.isnan(value) else value for name, value in means.items()},
            **{name: int(getattr(counts, name).sum()) for name in ("tp", "fp", "fn")},
            "void": int((ids // 1000 == 255).sum()),
        }

    def describe(self):
        """Return what the demo shows now, in words."""
        numbers, (_, fates, rests) = self.judged(), self.merged()
        kinds = [fate["kind"] for fate in fates]
        left_out = [self.classes[rest["category"]] for rest in rests if not rest["kept"] and rest["free"]]
        return (
            f"{len(fates)} masks and a map of stuff, merged with threshold {self.threshold:.2f}, overlap "
            f"{self.overlap:.2f} and at least {self.least_stuff} pixels of stuff. Masks kept: {kinds.count('kept')}, "
            f"with too low a score: {kinds.count('score')}, taken by others: {kinds.count('taken')}. Stuff left out: "
            f"{', '.join(left_out) or 'none'}. PQ {_digits(numbers['pq'])}, SQ {_digits(numbers['sq'])}, "
            f"RQ {_digits(numbers['rq'])}."
        )

    def static(self):
        """Return claims, merged map and truth side by side, as a Matplotlib figure."""
        from matplotlib.figure import Figure

        from seglab.visualization import show_panoptic

        figure = Figure(figsize=(10, 3.3 * self.height / self.width + 1), layout="constrained")
        axes = figure.subplots(1, 3)
        (ids, fates, _), numbers = self.merged(), self.judged()
        axes[0].imshow(self._image, interpolation="nearest")
        axes[0].set_axis_off()
        for mask, claim, fate in zip(self._found["masks"], self.claims, fates, strict=True):
            line = {"linewidths": 1.6, "linestyles": "-"} if fate["kind"] == "kept" else {"linestyles": ":"}
            line["colors"] = [np.array(self.colors[claim["category"]]) / 255]
            if mask.any():  # the padding's first sample stands one pixel before the image
                axes[0].contour(np.pad(mask, 1), [0.5], extent=(-1, self.width, -1, self.height), **line)
        axes[0].set(xlim=(-0.5, self.width - 0.5), ylim=(self.height - 0.5, -0.5))
        show_panoptic(ids, self.classes, image=self._image, ax=axes[1])
        show_panoptic(self._y_true, self.classes, image=self._image, legend=False, ax=axes[2])
        titles = (
            f"{len(self.claims)} masks, dotted: left out",
            f"merged: PQ {_digits(numbers['pq'])}, white is void",
            "the truth",
        )
        for ax, title in zip(axes, titles, strict=True):
            ax.set_title(title, loc="left", fontsize="medium")
        return figure


def _checked(found, size, truth, num_classes, things, stuff):
    """Masks and classes as arrays, once everything fits together."""
    masks, classes = np.asarray(found["masks"]), np.asarray(found["classes"], int)
    count = len(classes)
    if masks.size == 0:
        masks = np.zeros((0, *size), bool)
    wanted = {
        "masks": (masks, (count, *size)),
        "scores": (np.asarray(found["scores"]), (count,)),
        "semantic": (np.asarray(found["semantic"]), (*size, len(stuff) + 1)),
    }
    for name, (array, shape) in wanted.items():
        if array.shape != shape:
            raise InputError(f"found[{name!r}] must have shape {shape}, got {array.shape}.")
    if masks.dtype != bool:
        raise InputError(f"found['masks'] must be bool, got {masks.dtype}. Compare with > 0.5 first.")
    if truth.shape != size or not np.issubdtype(truth.dtype, np.integer):
        raise InputError(f"truth must be integers of shape {size}, got {truth.dtype} of shape {truth.shape}.")
    outside = [category for category in (*things, *stuff) if not 0 <= category < num_classes]
    if outside or set(things) & set(stuff):
        raise InputError(f"things and stuff must be different categories in [0, {num_classes}), got {things}, {stuff}.")
    if count and not 0 <= classes.min() <= classes.max() < len(things):
        raise InputError(f"found['classes'] must lie in [0, {len(things)}), got {classes.min()} to {classes.max()}.")
    return {"masks": masks, "classes": classes}


def _digits(value):
    return "n/a" if value is None else f"{value:.3f}"
