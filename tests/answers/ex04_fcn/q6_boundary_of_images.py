"""Averages the boundary IoU of the images."""

import numpy as np

from seglab import metrics

CELL = "q6-table"
LOSES = {"q6-table-test-boundary": 1}


def compare(y_true, predictions, num_classes, distance, ignore_class=255):
    rows = []
    for name, y_pred in predictions.items():
        confusion = metrics.confusion_matrix(y_true, y_pred, num_classes, ignore_class=ignore_class)
        row = {"name": name, "pixel_accuracy": float(metrics.pixel_accuracy(confusion))}
        row |= {
            "mean_iou": float(metrics.mean_iou(confusion)),
            "boundary_iou": float(
                np.nanmean(
                    [
                        np.nanmean(
                            metrics.boundary_iou(t, p, num_classes, distance=distance, ignore_class=ignore_class)
                        )
                        for t, p in zip(y_true, y_pred, strict=True)
                    ]
                )
            ),
        }
        rows.append(row)
    return sorted(rows, key=lambda row: -row["mean_iou"])
