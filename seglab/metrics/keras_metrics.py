"""Streaming metrics for `model.compile`: the numbers of `seglab.metrics.semantic` over everything seen since the reset.

Keras's own `MeanIoU` takes labels, so on probabilities it silently truncates 0.9 to class 0. These take logits. They
count in integers, since a float32 stops growing at 2^24, about 17 million pixels.
"""

import keras
import numpy as np
from keras import ops

from seglab.errors import InputError

# Not every backend has 64-bit integers (JAX does not, by default), so a count is high * 2^20 + low in two of 32 bits:
# exact up to 2^51 pixels, and a sum of the low parts of 2,000 cells still fits.
_LIMB = 1 << 20
# A batch is counted by a product of matrices in float32, which holds integers up to here.
_EXACT = 1 << 24


class _ConfusionMetric(keras.metrics.Metric):
    """Count true class by predicted class; a subclass says what to read from the counts."""

    def __init__(self, num_classes, *, ignore_class=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        if num_classes < 1:
            raise InputError(f"num_classes must be at least 1, got {num_classes}.")
        self.num_classes = int(num_classes)
        self.ignore_class = ignore_class
        # One logit tells two classes apart: background is the other one.
        self._size = max(self.num_classes, 2)
        # The last row counts labels outside the class table.
        shape = (self._size + 1, self._size)
        self._low = self.add_variable(shape, "zeros", dtype="int32", name="low")
        self._high = self.add_variable(shape, "zeros", dtype="int32", name="high")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count the pixels of a batch.

        Args:
            y_true: Integer labels `(B, H, W)` or `(B, H, W, 1)`.
            y_pred: Logits `(B, H, W, K)`, or `(B, H, W, 1)` whose sign is the class.
            sample_weight: Must be `None`: pixels are counted, not weighed. Use `ignore_class` to leave some out.

        Raises:
            InputError: If `sample_weight` is given, `y_pred` has neither one channel nor `num_classes`, or the batch
                has more than 2^24 pixels.
        """
        if sample_weight is not None:
            raise InputError(f"{self.name} counts whole pixels: sample_weight must be None. Use ignore_class?")
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        channels = y_pred.shape[-1]
        if channels not in (1, self.num_classes) or (channels == 1 and self.num_classes > 2):
            raise InputError(
                f"y_pred must be logits with {self.num_classes} channels last, got shape {tuple(y_pred.shape)}. "
                "Set num_classes, or remove an argmax?"
            )
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")  # (B * H * W,)
        if labels.shape[0] is not None and labels.shape[0] > _EXACT:
            raise InputError(f"A batch may hold {_EXACT} pixels, got {labels.shape[0]}. Update with smaller batches.")
        if channels == 1:
            predicted = ops.cast(ops.reshape(y_pred, (-1,)) > 0, "int32")
        else:
            # Not argmax: Keras's first rewrites negative zeros, which on a CPU takes longer than the search.
            predicted = ops.reshape(ops.top_k(ops.reshape(y_pred, (-1, channels)), 1)[1], (-1,))
        row = ops.where(ops.logical_and(labels >= 0, labels < self._size), labels, self._size)
        if self.ignore_class is not None:
            row = ops.where(ops.equal(labels, self.ignore_class), -1, row)  # -1 has no row at all
        # One product of two one-hot matrices counts all pairs; it compiles on every backend, unlike bincount.
        truth = ops.one_hot(row, self._size + 1, dtype="float32")  # (B * H * W, K + 1)
        prediction = ops.one_hot(predicted, self._size, dtype="float32")  # (B * H * W, K)
        low = self._low + ops.cast(ops.matmul(ops.transpose(truth), prediction), "int32")  # (K + 1, K)
        carry = low // _LIMB
        self._high.assign(self._high + carry)
        self._low.assign(low - carry * _LIMB)

    def confusion_matrix(self):
        """Read the exact counts, outside of compiled functions.

        Returns:
            int64 NumPy array `(K, K)`, rows true, columns predicted.
        """
        low, high = (ops.convert_to_numpy(limb).astype(np.int64) for limb in (self._low, self._high))
        return (high * _LIMB + low)[:-1]

    def result(self):
        """Compute the metric of all counted pixels.

        Returns:
            Scalar; `nan` if no pixel was counted, or if one had a label outside `[0, K)` that is not `ignore_class`
            (a compiled graph cannot raise an error; `seglab.metrics.confusion_matrix` does).
        """
        right = self._exact_sum(ops.diagonal)
        in_truth = self._exact_sum(lambda counts: ops.sum(counts, axis=1))
        in_prediction = self._exact_sum(lambda counts: ops.sum(counts, axis=0))
        value = self._read(right, in_truth, in_prediction)
        return ops.where(ops.any(self._low[-1] + self._high[-1] > 0), float("nan"), value)

    def _exact_sum(self, total):
        # Summed as integers and rounded once: sums of float32 would be off by one part in 10^7 per class.
        return ops.cast(total(self._high[:-1]), self.dtype) * _LIMB + ops.cast(total(self._low[:-1]), self.dtype)

    def _read(self, right, in_truth, in_prediction):
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes, "ignore_class": self.ignore_class}


@keras.saving.register_keras_serializable(package="seglab")
class DatasetMeanIoU(_ConfusionMetric):
    """Dataset mIoU: mean IoU of the classes that occur in truth or prediction.

    Args:
        num_classes: Number of classes `K`, background included; 1 means one foreground logit and two classes.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        name: Name in the training history.
        dtype: Float type of the result; Keras's default if `None`. The counts are integers in any case.

    Raises:
        InputError: If `num_classes` is less than 1.

    Example:
        >>> metric = DatasetMeanIoU(2, ignore_class=255)
        >>> metric.update_state(np.array([[[0, 0, 1, 255]]]), np.array([[[[1, 0], [0, 1], [0, 1], [1, 0.0]]]]))
        >>> round(float(metric.result()), 4)
        0.5
    """

    def __init__(self, num_classes, *, ignore_class=None, name="mean_iou", dtype=None):
        super().__init__(num_classes, ignore_class=ignore_class, name=name, dtype=dtype)

    def _read(self, right, in_truth, in_prediction):
        return _mean_ratio(right, in_truth + in_prediction - right)


@keras.saving.register_keras_serializable(package="seglab")
class DatasetMeanDice(_ConfusionMetric):
    """Dataset mean Dice: mean Dice coefficient of the classes that occur in truth or prediction.

    Args:
        num_classes: Number of classes `K`, background included; 1 means one foreground logit and two classes.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        name: Name in the training history.
        dtype: Float type of the result; Keras's default if `None`. The counts are integers in any case.

    Raises:
        InputError: If `num_classes` is less than 1.

    Example:
        >>> metric = DatasetMeanDice(1)
        >>> metric.update_state(np.array([[[0, 0, 1]]]), np.array([[[[-2.0], [3.0], [0.5]]]]))
        >>> round(float(metric.result()), 4)
        0.6667
    """

    def __init__(self, num_classes, *, ignore_class=None, name="mean_dice", dtype=None):
        super().__init__(num_classes, ignore_class=ignore_class, name=name, dtype=dtype)

    def _read(self, right, in_truth, in_prediction):
        return _mean_ratio(2 * right, in_truth + in_prediction)


@keras.saving.register_keras_serializable(package="seglab")
class DatasetPixelAccuracy(_ConfusionMetric):
    """Dataset pixel accuracy: share of all counted pixels whose class is right.

    Args:
        num_classes: Number of classes `K`, background included; 1 means one foreground logit and two classes.
        ignore_class: Label whose pixels are not counted. Counts every pixel if `None`.
        name: Name in the training history.
        dtype: Float type of the result; Keras's default if `None`. The counts are integers in any case.

    Raises:
        InputError: If `num_classes` is less than 1.

    Example:
        >>> metric = DatasetPixelAccuracy(2)
        >>> metric.update_state(np.array([[[0, 0, 1]]]), np.array([[[[1, 0], [0, 1], [0, 1.0]]]]))
        >>> round(float(metric.result()), 4)
        0.6667
    """

    def __init__(self, num_classes, *, ignore_class=None, name="pixel_accuracy", dtype=None):
        super().__init__(num_classes, ignore_class=ignore_class, name=name, dtype=dtype)

    def _read(self, right, in_truth, in_prediction):
        return ops.sum(right) / ops.sum(in_truth)


def _mean_ratio(numerator, denominator):
    """Mean quotient over the classes whose denominator is not 0; `nan` if there is none."""
    present = denominator > 0
    ratio = ops.where(present, numerator / ops.where(present, denominator, 1.0), 0.0)
    return ops.sum(ratio) / ops.sum(ops.cast(present, ratio.dtype))
