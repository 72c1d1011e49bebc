"""The two files carry each other's names."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    return {"predictions_fcn8s.npz": damage(truth, "U-Net"), "predictions_unet.npz": damage(truth, "FCN-8s")}
