"""Divides the covariance by one less."""

import numpy as np

CELL = "q4-product"
LOSES = {"q4-product-test-gap": 1}


def qualities(table):
    tp, fp, fn, iou_sum = np.asarray(table, float).T
    size = np.where(tp + fp + fn > 0, tp + fp / 2 + fn / 2, np.nan)
    sq = np.where(np.isnan(size), np.nan, iou_sum / np.maximum(tp, 1))
    rq, pq = tp / size, iou_sum / size
    kept = ~np.isnan(size)
    gap = np.cov(sq[kept], rq[kept])[0, 1]
    return {"sq": sq, "rq": rq, "pq": pq, "gap": float(gap)}
