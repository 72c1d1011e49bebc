"""The labels of FCN-8s were saved twice."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(truth, damage):
    labels = damage(truth, "FCN-8s")
    return {"predictions_fcn8s.npz": labels, "predictions_unet.npz": labels}
