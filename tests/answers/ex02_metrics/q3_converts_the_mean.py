"""Converts the mean IoU: the formula holds for a pair of masks, not for a mean."""

import numpy as np

CELL = "q3-dice"
LOSES = {"q3-dice-test-pairs-and-mean": 1}


def dice_from_iou(iou):
    return 2 * iou / (1 + iou)


def iou_from_dice(dice):
    return dice / (2 - dice)


def mean_dice(iou_per_class):
    iou = np.nanmean(iou_per_class)
    return float(2 * iou / (1 + iou))
