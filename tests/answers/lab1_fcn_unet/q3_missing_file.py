"""Only one of the two files was handed in."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    return {"predictions_fcn8s.npz": damage(truth, "FCN-8s")}
