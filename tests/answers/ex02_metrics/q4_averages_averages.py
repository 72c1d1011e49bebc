"""Takes the mean of the image scores for the score of the data set."""

import numpy as np

CELL = "q4-two-means"
LOSES = {"q4-two-means-test-absent": 1}


def image_and_dataset_mean(intersections, unions):
    with np.errstate(all="ignore"):
        iou = intersections / unions
    by_image = np.nanmean(iou[unions.any(axis=1)], axis=1).mean()
    by_class = np.nanmean(iou[:, unions.any(axis=0)], axis=0).mean()
    return float(by_image), float(by_class)
