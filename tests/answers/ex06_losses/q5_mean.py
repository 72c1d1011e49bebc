"""Takes the mean of the frequencies for their median."""

import numpy as np

CELL = "q5-median"
LOSES = {"q5-median-test-weights": 1}


def median_frequency_weights(label_maps, num_classes):
    frequencies = np.full(num_classes, np.nan)
    for label in range(num_classes):
        images = label_maps[(label_maps == label).any(axis=(1, 2))]
        if (images == label).any():
            frequencies[label] = (images == label).sum() / (images != 255).sum()
    return np.nanmean(frequencies) / frequencies
