"""What a model is worth on a data set: label maps, confusion matrix, boundary counts, speed; one batch at a time."""

import dataclasses
import math
import time

import numpy as np

from seglab.errors import InputError
from seglab.metrics import (
    boundary_counts,
    confusion_matrix,
    dice_per_class,
    iou_per_class,
    mean_dice,
    mean_iou,
    mean_pixel_accuracy,
    pixel_accuracy,
)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was counted over a data set, and the scores that follow from it.

    Args:
        confusion: int64 `(K, K)`, pixels by true class (row) and predicted class (column).
        boundary_intersection: int64 `(K,)`, boundary pixels that truth and prediction share.
        boundary_union: int64 `(K,)`, boundary pixels of truth or prediction.
        image_mean_iou: List with the mIoU of each image; `nan` where nothing counts.
        ms_per_image: Milliseconds per image (see `evaluate`); 0 without a model.
        parameters: Number of weights that training changes; fixed bilinear kernels and batch statistics are not
            counted. 0 without a model.

    Example:
        >>> counts = np.array([[6, 2], [0, 4]])
        >>> scores = Evaluation(counts, np.array([1, 1]), np.array([2, 4]), [0.7083], 1.5, 10)
        >>> scores.iou.round(3), round(scores.mean_iou, 3), scores.boundary_iou
        (array([0.75 , 0.667]), 0.708, array([0.5 , 0.25]))
    """

    confusion: np.ndarray
    boundary_intersection: np.ndarray
    boundary_union: np.ndarray
    image_mean_iou: list
    ms_per_image: float
    parameters: int

    @property
    def iou(self):
        """IoU of each class over the data set, float64 `(K,)`; `nan` for a class that is nowhere."""
        return iou_per_class(self.confusion)

    @property
    def dice(self):
        """Dice of each class over the data set, float64 `(K,)`; `nan` for a class that is nowhere."""
        return dice_per_class(self.confusion)

    @property
    def mean_iou(self):
        """Dataset mIoU: the mean of `iou` over the classes that occur."""
        return mean_iou(self.confusion)

    @property
    def mean_dice(self):
        """Dataset mean Dice: the mean of `dice` over the classes that occur."""
        return mean_dice(self.confusion)

    @property
    def pixel_accuracy(self):
        """Share of counted pixels that are right."""
        return pixel_accuracy(self.confusion)

    @property
    def mean_pixel_accuracy(self):
        """Mean over the true classes of the share of their pixels that are right."""
        return mean_pixel_accuracy(self.confusion)

    @property
    def boundary_iou(self):
        """Boundary IoU of each class over the data set, float64 `(K,)`; `nan` for a class without a boundary."""
        union = self.boundary_union
        return np.divide(self.boundary_intersection, union, out=np.full(union.shape, np.nan), where=union > 0)

    @property
    def mean_boundary_iou(self):
        """Mean of `boundary_iou` over the classes that have a boundary; `nan` if none has."""
        values = self.boundary_iou
        return float(np.nanmean(values)) if np.isfinite(values).any() else math.nan

    def to_dict(self):
        """Give all numbers as JSON values, `nan` as `None`.

        Returns:
            Dict of `parameters`, `ms_per_image`, the scores, `confusion` and `image_mean_iou`.
        """
        names = ("parameters", "ms_per_image", "mean_iou", "iou", "mean_dice", "dice", "pixel_accuracy")
        names += ("mean_pixel_accuracy", "mean_boundary_iou", "boundary_iou", "confusion", "image_mean_iou")
        return {name: _json_value(getattr(self, name)) for name in names}


def predict(model, images, *, batch=16, flips=False):
    """Predict the class of every pixel.

    Args:
        model: Keras model that returns logits `(B, H, W, K)`, or `(B, H, W, 1)` for one foreground class.
        images: Float array `(N, H, W, 3)` with values in [0, 1].
        batch: Images per call of the model.
        flips: Whether to average the logits with those of the mirror image, mirrored back: twice the time.

    Returns:
        uint8 array `(N, H, W)`: the class of the highest logit, or 1 where the only logit is above 0.

    Raises:
        InputError: If the images are not of that kind, or not of the size that the model takes.
    """
    images = np.asarray(images)
    if images.dtype.kind != "f":
        raise InputError(f"images must be floats in [0, 1], got {images.dtype}. Divide uint8 images by 255.")
    if images.ndim != 4:
        raise InputError(f"images must have shape (N, H, W, 3), got {images.shape}. Give one image as image[None].")
    wanted = model.input_shape[1:]
    if any(side not in (None, length) for side, length in zip(wanted, images.shape[1:], strict=True)):
        raise InputError(f"images must have the model's input shape {wanted}, got {images.shape[1:]}. Resize them.")
    if not isinstance(batch, int) or batch < 1:
        raise InputError(f"batch must be an integer of at least 1, got {batch!r}.")
    labels = np.empty(images.shape[:3], np.uint8)
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        labels[start : start + batch] = _predict_batch(model, part, min(batch, len(images)), flips=flips)
    return labels


def evaluate(model, data, *, flips=False):
    """Measure a model on a data set, batch by batch: memory does not grow with the number of images.

    `ms_per_image` is the median over the batches of the time from a batch of images in memory to its labels in memory
    (forward pass, copy to the host, argmax), divided by the batch size. A first call pays for tracing and is not
    timed; loading the images and counting are not timed.

    Args:
        model: Keras model that returns logits `(B, H, W, K)`, or `(B, H, W, 1)` for two classes.
        data: `SegmentationData`.
        flips: See `predict`.

    Returns:
        `Evaluation`.

    Raises:
        InputError: If there are no images, or their size or classes do not fit the model.
    """
    from seglab.training import check_fit

    check_fit(model, data)
    seconds = []

    def labels_of(images):
        if not seconds:
            _predict_batch(model, images, min(data.batch, len(data)), flips=flips)
        began = time.perf_counter()
        labels = _predict_batch(model, images, min(data.batch, len(data)), flips=flips)
        seconds.append(time.perf_counter() - began)
        return labels

    counts = _count(data, labels_of)
    ms_per_image = 1000 * float(np.median(seconds)) / min(data.batch, len(data))
    parameters = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return Evaluation(**counts, ms_per_image=ms_per_image, parameters=parameters)


def evaluate_constant(data, klass):
    """Measure the model that answers one class everywhere: what every other model has to beat.

    Args:
        data: `SegmentationData`.
        klass: Index of the class, in [0, `data.num_classes`).

    Returns:
        `Evaluation` with 0 parameters and 0 ms.

    Raises:
        InputError: If there is no such class.
    """
    if not 0 <= klass < data.num_classes:
        raise InputError(f"klass must lie in [0, {data.num_classes}), got {klass}.")
    counts = _count(data, lambda images: np.full(images.shape[:3], klass, np.uint8))
    return Evaluation(**counts, ms_per_image=0.0, parameters=0)


def commonest_class(data):
    """Find the class with the most pixels.

    Args:
        data: `SegmentationData`.

    Returns:
        Index of the class; the lowest one if two have the same number. Ignored pixels are not counted.
    """
    total = np.zeros(256, np.int64)
    for _, labels in data.data:
        total += np.bincount(np.asarray(labels).ravel(), minlength=256)
    if data.ignore_class is not None:
        total[data.ignore_class] = 0
    return int(total[: data.num_classes].argmax())


def _count(data, labels_of):
    """Add up, image by image, what all scores are made of."""
    classes, ignore = data.num_classes, data.ignore_class
    confusion = np.zeros((classes, classes), np.int64)
    intersection, union = np.zeros(classes, np.int64), np.zeros(classes, np.int64)
    image_mean_iou = []
    for images, truths in data.data:
        for y_true, y_pred in zip(np.asarray(truths), labels_of(np.asarray(images)), strict=True):
            counts = confusion_matrix(y_true, y_pred, classes, ignore_class=ignore)
            confusion += counts
            image_mean_iou.append(float(mean_iou(counts)))
            shared, either = boundary_counts(y_true, y_pred, classes, ignore_class=ignore)
            intersection += shared
            union += either
    return {
        "confusion": confusion,
        "boundary_intersection": intersection,
        "boundary_union": union,
        "image_mean_iou": image_mean_iou,
    }


def _predict_batch(model, images, batch, *, flips):
    """Labels of one batch; a smaller one is filled up, because another shape would trace the network again."""
    filler = np.zeros((batch - len(images), *images.shape[1:]), images.dtype)
    images, count = np.concatenate([images, filler]), len(images)
    logits = _logits(model, images)
    if flips:
        logits = logits + _logits(model, images[:, :, ::-1])[:, :, ::-1]
    if logits.shape[-1] == 1:
        return (logits[:count, ..., 0] > 0).astype(np.uint8)
    return logits[:count].argmax(axis=-1).astype(np.uint8)


def _logits(model, images):
    logits = model.predict_on_batch(images)
    # What follows the main scores only helps the training.
    return np.asarray(logits[0] if isinstance(logits, list | tuple) else logits)


def _json_value(value):
    if isinstance(value, np.ndarray):
        return _json_value(value.tolist())
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
