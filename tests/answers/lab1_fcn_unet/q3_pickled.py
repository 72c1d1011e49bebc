"""Saves a list of arrays as an object array, which only a pickle can hold."""

import numpy as np

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    good = reference.labels_of(source, "U-Net")
    labels = np.empty(len(good), object)
    labels[:] = list(good)
    return reference.files(fcn8s=reference.labels_of(source, "FCN-8s"), unet=labels)
