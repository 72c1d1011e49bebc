"""A U-Net without skips was trained and handed in as a U-Net."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    unet = reference.labels_of(source, "U-Net without skips")
    return reference.files(fcn8s=reference.labels_of(source, "FCN-8s"), unet=unet)
