"""Turns 0 / 0 into 0 before averaging."""

import numpy as np

CELL = "q2-means"
LOSES = {"q2-means-test-exclude": 1, "q2-means-test-one-and-zero": 1}


def four_means(confusion):
    right, in_truth = np.diag(confusion), confusion.sum(axis=1)
    with np.errstate(all="ignore"):
        iou = np.nan_to_num(right / (in_truth + confusion.sum(axis=0) - right))
        true = iou[in_truth > 0].mean()
    return {"exclude": float(iou.mean()), "truth": float(true), "one": float(iou.mean()), "zero": float(iou.mean())}
