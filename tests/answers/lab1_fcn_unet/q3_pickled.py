"""Saves a list of arrays as an object array, which only a pickle can hold."""

import numpy as np

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    labels = np.empty(len(truth), object)
    labels[:] = list(damage(truth, "U-Net"))
    return {"predictions_fcn8s.npz": damage(truth, "FCN-8s"), "predictions_unet.npz": labels}
