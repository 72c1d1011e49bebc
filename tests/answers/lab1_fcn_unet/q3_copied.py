"""The labels of FCN-8s were saved twice."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    labels = reference.labels_of(source, "FCN-8s")
    return reference.files(fcn8s=labels, unet=labels)
