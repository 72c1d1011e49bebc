"""Counts mistakes in full."""

import numpy as np

CELL = "q4-product"
LOSES = {"q4-product-test-gap": 1}


def qualities(table):
    tp, fp, fn, iou_sum = np.asarray(table, float).T
    size = np.where(tp + fp + fn > 0, tp + fp + fn, np.nan)
    sq = np.where(np.isnan(size), np.nan, iou_sum / np.maximum(tp, 1))
    rq, pq = tp / size, iou_sum / size
    gap = np.nanmean(pq) - np.nanmean(sq) * np.nanmean(rq)
    return {"sq": sq, "rq": rq, "pq": pq, "gap": float(gap)}
