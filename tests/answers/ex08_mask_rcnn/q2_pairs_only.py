"""Compares each box with its partner only, and repeats that."""

import numpy as np

CELL = "q2-iou"
LOSES = {"q2-iou-test-values": 1}


def iou_table(boxes, others):
    table = np.zeros((len(boxes), len(others)))
    for number, (box, other) in enumerate(zip(boxes, others, strict=False)):
        both = np.prod(np.maximum(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0))
        either = np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - both
        table[number] = both / either if either else 0
    return table
