"""Saves a picture of the labels, stretched to 0..255."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    return {"predictions_fcn8s.npz": damage(truth, "FCN-8s"), "predictions_unet.npz": damage(truth, "U-Net") * 85}
