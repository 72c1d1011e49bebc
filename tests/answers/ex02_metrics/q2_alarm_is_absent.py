"""Counts a class that is predicted but never true as absent."""

import numpy as np

CELL = "q2-means"
LOSES = {"q2-means-test-exclude": 1, "q2-means-test-one-and-zero": 1}


def four_means(confusion):
    right, in_truth, in_prediction = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    union = in_truth + in_prediction - right
    iou = np.divide(right, union, out=np.full(len(confusion), np.nan), where=union > 0)
    present, true = iou[in_truth > 0], iou[in_truth > 0]
    return {
        "exclude": float(present.mean()) if present.size else float("nan"),
        "truth": float(true.mean()) if true.size else float("nan"),
        "one": float(np.where(in_truth > 0, iou, 1).mean()),
        "zero": float(np.where(in_truth > 0, iou, 0).mean()),
    }
