"""Averages the mean IoU of the images."""

import numpy as np

from seglab import metrics

CELL = "q6-table"
LOSES = {"q6-table-test-scores": 1}


def compare(y_true, predictions, num_classes, distance, ignore_class=255):
    rows = []
    for name, y_pred in predictions.items():
        confusion = metrics.confusion_matrix(y_true, y_pred, num_classes, ignore_class=ignore_class)
        boundary = metrics.boundary_iou(y_true, y_pred, num_classes, distance=distance, ignore_class=ignore_class)
        row = {"name": name, "pixel_accuracy": float(metrics.pixel_accuracy(confusion))}
        row |= {
            "mean_iou": float(
                np.mean(
                    [
                        metrics.mean_iou(metrics.confusion_matrix(t, p, num_classes, ignore_class=ignore_class))
                        for t, p in zip(y_true, y_pred, strict=True)
                    ]
                )
            ),
            "boundary_iou": float(np.nanmean(boundary)),
        }
        rows.append(row)
    return sorted(rows, key=lambda row: -row["mean_iou"])
