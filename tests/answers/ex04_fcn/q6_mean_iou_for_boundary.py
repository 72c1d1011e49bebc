"""Reports the mean IoU twice."""

from seglab import metrics

CELL = "q6-table"
LOSES = {"q6-table-test-boundary": 1}


def compare(y_true, predictions, num_classes, distance, ignore_class=255):
    rows = []
    for name, y_pred in predictions.items():
        confusion = metrics.confusion_matrix(y_true, y_pred, num_classes, ignore_class=ignore_class)
        row = {"name": name, "pixel_accuracy": float(metrics.pixel_accuracy(confusion))}
        row |= {"mean_iou": float(metrics.mean_iou(confusion)), "boundary_iou": float(metrics.mean_iou(confusion))}
        rows.append(row)
    return sorted(rows, key=lambda row: -row["mean_iou"])
