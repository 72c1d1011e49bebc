"""Confuses the two directions."""

import numpy as np

CELL = "q3-dice"
LOSES = {"q3-dice-test-pairs-and-mean": 1}


def dice_from_iou(iou):
    return iou / (2 - iou)


def iou_from_dice(dice):
    return 2 * dice / (1 + dice)


def mean_dice(iou_per_class):
    iou = np.asarray(iou_per_class)
    return float(np.nanmean(iou / (2 - iou)))
