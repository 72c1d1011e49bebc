"""Metrics in NumPy, importable without Keras; `seglab.metrics.keras_metrics` has the ones for `model.compile`."""

from seglab.metrics.boundary import bf_per_class, bf_score, boundary_counts, boundary_distance, boundary_iou
from seglab.metrics.confusion import confusion_matrix
from seglab.metrics.instance import AveragePrecision, mask_ap
from seglab.metrics.panoptic import PanopticCounts, PanopticQuality, panoptic_counts, panoptic_quality
from seglab.metrics.semantic import (
    accuracy_per_class,
    dice_per_class,
    frequency_weighted_iou,
    image_mean,
    iou_per_class,
    mean_dice,
    mean_iou,
    mean_pixel_accuracy,
    pixel_accuracy,
)

__all__ = [
    "AveragePrecision",
    "PanopticCounts",
    "PanopticQuality",
    "accuracy_per_class",
    "bf_per_class",
    "bf_score",
    "boundary_counts",
    "boundary_distance",
    "boundary_iou",
    "confusion_matrix",
    "dice_per_class",
    "frequency_weighted_iou",
    "image_mean",
    "iou_per_class",
    "mask_ap",
    "mean_dice",
    "mean_iou",
    "mean_pixel_accuracy",
    "panoptic_counts",
    "panoptic_quality",
    "pixel_accuracy",
]
