"""The instances of a data set's images as arrays, checked: what `seglab.metrics.instance` works on."""

from dataclasses import dataclass

import numpy as np

from seglab import rle
from seglab.errors import InputError


@dataclass(frozen=True, eq=False)
class Instances:
    """`N` instances of all images, sorted by image.

    Attributes:
        runs: `seglab.rle.Runs` of their masks.
        places: int64 array `(N,)`, place of each instance's mask in `runs`.
        images: int64 array `(N,)`, place of the image in the list.
        classes: int64 array `(N,)`.
        crowd: bool array `(N,)`; all false of predictions.
        areas: float64 array `(N,)`, in pixels.
        scores: float64 array `(N,)`; zeros of the truth.
        ranks: int64 array `(N,)`, place by score among the predictions of the image and class; zeros of the truth.
    """

    runs: rle.Runs
    places: np.ndarray
    images: np.ndarray
    classes: np.ndarray
    crowd: np.ndarray
    areas: np.ndarray
    scores: np.ndarray
    ranks: np.ndarray


def gather(y_true, y_pred, num_classes, most):
    """Check both lists, and lay all images' instances in arrays.

    Args:
        y_true: List of one dict per image: `"masks"`, `"classes"`, optional `"crowd"` and `"areas"`.
        y_pred: List of one dict per image: `"masks"`, `"classes"`, `"scores"`.
        num_classes: Number of classes. One more than the highest given if `None`.
        most: Predictions to keep of each image and class.

    Returns:
        `(truth, prediction, num_classes)`, two `Instances` and an int. Predictions are sorted by image, class and
        falling score.

    Raises:
        InputError: If the lists' lengths differ, a key is missing or of the wrong length, a class lies outside
            `[0, num_classes)`, a score is not a number, or the sizes of an image's masks differ.

    Example:
        >>> masks = np.ones((2, 4, 5), bool)
        >>> image = {"masks": masks, "classes": [0, 1]}
        >>> truth, prediction, num_classes = gather([image], [{**image, "scores": [0.5, 0.7]}], None, 100)
        >>> truth.areas, prediction.ranks, num_classes
        (array([20., 20.]), array([0, 0]), 2)
    """
    if len(y_true) != len(y_pred):
        raise InputError(
            f"y_true and y_pred must hold one dict per image, got {len(y_true)} and {len(y_pred)}. "
            "An image without instances needs its dict too, with empty lists."
        )
    images, classes, crowd, areas = _columns("y_true", y_true, classes=None, crowd=False, areas=np.nan)
    pred_images, pred_classes, scores = _columns("y_pred", y_pred, classes=None, scores=None)
    highest = max(classes.max(initial=0), pred_classes.max(initial=0))
    num_classes = int(highest) + 1 if num_classes is None else num_classes
    for name, values in (("y_true", classes), ("y_pred", pred_classes)):
        if values.size and not 0 <= values.min() <= values.max() < num_classes:
            raise InputError(
                f"classes of {name} must lie in [0, {num_classes}), got {values.min()} to {values.max()}. "
                "Number the categories from 0, or set num_classes."
            )
    if np.isnan(scores).any():
        raise InputError(f"scores of y_pred must be numbers, got {np.isnan(scores).sum()} nan. Drop those predictions.")

    everything = np.arange(len(images))
    runs = _runs(y_true, np.ones(len(images), bool))
    areas = np.where(np.isnan(areas), runs.areas, areas)
    nothing = np.zeros(len(images))
    truth = Instances(runs, everything, images, classes, crowd, areas, nothing, nothing.astype(np.int64))

    group = pred_images * num_classes + pred_classes
    order = np.lexsort((-scores, group))
    ranks = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    order, ranks = order[ranks < most], ranks[ranks < most]
    kept = np.zeros(len(scores), bool)
    kept[order] = True
    runs = _runs(y_pred, kept)
    places = (kept.cumsum() - 1)[order]
    areas = runs.areas[places].astype(np.float64)
    nobody = np.zeros(len(order), bool)
    prediction = Instances(runs, places, pred_images[order], pred_classes[order], nobody, areas, scores[order], ranks)
    _check_sizes(truth, prediction, len(y_true))
    return truth, prediction, num_classes


def _columns(name, images, **defaults):
    """Place of each instance's image, and its values of each key; a default of `None` means that it must be given."""
    counts, columns = [], {key: [] for key in defaults}
    for i, image in enumerate(images):
        missing = {"masks", *(key for key, default in defaults.items() if default is None)} - set(image)
        if missing:
            raise InputError(f"{name} must hold masks and {', '.join(defaults)} per image, image {i} has no {missing}.")
        counts.append(len(image["masks"]))
        for key, default in defaults.items():
            values = np.asarray(image[key]) if key in image else np.full(counts[-1], default)
            if values.shape != (counts[-1],):
                raise InputError(
                    f"{key} of {name} must have one value per mask, image {i} has {counts[-1]} masks and "
                    f"{key} of shape {values.shape}."
                )
            if key == "classes" and values.size and values.dtype.kind not in "iu":
                raise TypeError(f"classes of {name} must be of integer type, got {values.dtype} in image {i}.")
            columns[key].append(values)
    dtypes = {"classes": np.int64, "crowd": bool}
    joined = [np.concatenate([np.zeros(0), *columns[key]]).astype(dtypes.get(key, np.float64)) for key in defaults]
    return np.repeat(np.arange(len(images)), counts), *joined


def _runs(images, kept):
    """Runs of the masks that are kept, over all images: arrays one by one, lists all at once."""
    parts, listed, start = [], [], 0
    for image in images:
        masks = image["masks"]
        mine = kept[start : start + len(masks)]
        start += len(masks)
        if isinstance(masks, np.ndarray):
            parts += [rle.find_runs(listed), rle.find_runs(masks[mine])]
            listed = []
        else:
            listed += masks if mine.all() else [mask for mask, keep in zip(masks, mine, strict=True) if keep]
    last = rle.find_runs(listed)
    return rle.join([*parts, last]) if parts else last


def _check_sizes(truth, prediction, num_images):
    sizes = np.zeros((num_images, 2), np.int64)
    for instances in (truth, prediction):
        sizes[instances.images] = instances.runs.sizes[instances.places]
    for instances in (truth, prediction):
        wrong = np.flatnonzero((instances.runs.sizes[instances.places] != sizes[instances.images]).any(axis=1))
        if len(wrong):
            image = instances.images[wrong[0]]
            raise InputError(
                f"masks of an image must be of one size, image {image} has {sizes[image].tolist()} and "
                f"{instances.runs.sizes[instances.places[wrong[0]]].tolist()}. Are height and width swapped?"
            )
