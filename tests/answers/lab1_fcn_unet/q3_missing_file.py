"""Only one of the two files was handed in."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    return reference.files(fcn8s=reference.labels_of(source, "FCN-8s"))
