"""The files of a good submission: labels as good as those of the trained networks, without the training."""

import functools
import io

import numpy as np

from seglab.datasets import unseen

LAB = "lab1_fcn_unet"
# Share of pixels that a network is made to miss: each object class then has the IoU 1 - share.
MISSED = {"FCN-8s": 0.5, "U-Net without skips": 0.45, "U-Net": 0.2}


@functools.cache
def truth(source):
    return unseen.draw(LAB, unseen.seed_of(source))[1]


def labels_of(source, network):
    """Label maps as good as those of a network: the truth with a share of all pixels set to background."""
    labels = truth(source)
    missed = np.random.default_rng(7).random(labels.shape) < MISSED[network]
    return np.where(missed, 0, labels).astype(np.uint8)


def files(**predictions):
    """Files by name, as the lab saves them: `fcn8s` and `unet`, or one of them."""
    made = {}
    for network, labels in predictions.items():
        file = io.BytesIO()
        np.savez_compressed(file, labels=labels)
        made[f"predictions_{network}.npz"] = file.getvalue()
    return made


def hand_in(source):
    return files(fcn8s=labels_of(source, "FCN-8s"), unet=labels_of(source, "U-Net"))
