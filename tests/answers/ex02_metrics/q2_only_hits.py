"""Leaves out every class without a right pixel, so that a missed class costs nothing."""

import numpy as np

CELL = "q2-means"
LOSES = {"q2-means-test-exclude": 1, "q2-means-test-truth": 1}


def four_means(confusion):
    right, in_truth, in_prediction = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    union = in_truth + in_prediction - right
    iou = np.divide(right, union, out=np.full(len(confusion), np.nan), where=union > 0)
    present, true = iou[right > 0], iou[right > 0]
    return {
        "exclude": float(present.mean()) if present.size else float("nan"),
        "truth": float(true.mean()) if true.size else float("nan"),
        "one": float(np.where(union > 0, iou, 1).mean()),
        "zero": float(np.where(union > 0, iou, 0).mean()),
    }
