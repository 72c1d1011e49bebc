"""The two files carry each other's names."""

LOSES = {"q3-run-test-unet": 2, "q3-run-test-margin": 2}


def hand_in(source, reference):
    fcn8s, unet = (reference.labels_of(source, network) for network in ("U-Net", "FCN-8s"))
    return reference.files(fcn8s=fcn8s, unet=unet)
