"""Saves class probabilities in place of labels."""

import numpy as np

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    probs = np.eye(4, dtype="float32")[damage(truth, "U-Net")]
    return {"predictions_fcn8s.npz": damage(truth, "FCN-8s"), "predictions_unet.npz": probs}
