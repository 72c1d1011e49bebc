"""Saves class probabilities in place of labels."""

import numpy as np

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    probs = np.eye(4, dtype="float32")[reference.labels_of(source, "U-Net")]
    return reference.files(fcn8s=reference.labels_of(source, "FCN-8s"), unet=probs)
