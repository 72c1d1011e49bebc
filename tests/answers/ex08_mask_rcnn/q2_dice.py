"""Returns the Dice coefficient."""

import numpy as np

CELL = "q2-iou"
LOSES = {"q2-iou-test-values": 1}


def iou_table(boxes, others):
    top_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(bottom_right - top_left, 0), axis=-1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    other_area = np.prod(others[:, 2:] - others[:, :2], axis=-1)
    either = area[:, None] + other_area[None]
    return np.divide(2 * both, either, out=np.zeros(both.shape), where=either > 0)
