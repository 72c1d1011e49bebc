"""A U-Net without skips was trained and handed in as a U-Net."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    unet = damage(truth, "U-Net without skips")
    return {"predictions_fcn8s.npz": damage(truth, "FCN-8s"), "predictions_unet.npz": unet}
