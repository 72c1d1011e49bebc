"""Takes the means over categories with a match."""

import numpy as np

CELL = "q4-product"
LOSES = {"q4-product-test-gap": 1}


def qualities(table):
    tp, fp, fn, iou_sum = np.asarray(table, float).T
    size = np.where(tp + fp + fn > 0, tp + fp / 2 + fn / 2, np.nan)
    sq = np.where(np.isnan(size), np.nan, iou_sum / np.maximum(tp, 1))
    rq, pq = tp / size, iou_sum / size
    gap = np.mean(pq[tp > 0]) - np.mean(sq[tp > 0]) * np.mean(rq[tp > 0])
    return {"sq": sq, "rq": rq, "pq": pq, "gap": float(gap)}
