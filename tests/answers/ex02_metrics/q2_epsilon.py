"""Adds a small number above and below, so that an absent class is perfect."""

import numpy as np

CELL = "q2-means"
LOSES = {"q2-means-test-exclude": 1, "q2-means-test-truth": 1, "q2-means-test-one-and-zero": 1}


def four_means(confusion):
    right, in_truth = np.diag(confusion), confusion.sum(axis=1)
    iou = (right + 1e-7) / (in_truth + confusion.sum(axis=0) - right + 1e-7)
    true = iou[in_truth > 0]
    return {
        "exclude": float(np.nanmean(iou)),
        "truth": float(true.mean()) if true.size else 1.0,
        "one": float(iou.mean()),
        "zero": float(np.where(np.isnan(iou), 0, iou).mean()),
    }
