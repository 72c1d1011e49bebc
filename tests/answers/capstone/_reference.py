"""A good submission for satellites: six layers of a dozen kilobytes, trained before, in NumPy, without the training.

The weights in `_reference.npz` are those of a network with dilated 3 x 3 convolutions of 16 channels, trained for 40
epochs on 640 public images and rounded to 8 bits.
"""

from pathlib import Path

PROGRAM = """
import numpy as np

TRACK = "satellite"
DILATION_RATES = (1, 1, 2, 4, 8, 1, 1)  # the last layer has 1 x 1 kernels
with np.load("weights.npz", allow_pickle=False) as file:
    WEIGHTS = [
        (file[f"kernel{n}"] * file[f"scale{n}"], file[f"bias{n}"], rate) for n, rate in enumerate(DILATION_RATES)
    ]


def convolve(x, kernel, bias, rate):
    height, width = x.shape[:2]
    edge = rate * (len(kernel) // 2)
    padded = np.pad(x, ((edge, edge), (edge, edge), (0, 0)))
    steps = range(len(kernel))
    parts = [
        padded[i * rate : i * rate + height, j * rate : j * rate + width] @ kernel[i, j] for i in steps for j in steps
    ]
    return sum(parts) + bias


def logits_of(image):
    x = image
    for kernel, bias, rate in WEIGHTS[:-1]:
        x = np.maximum(convolve(x, kernel, bias, rate), 0)
    return convolve(x, *WEIGHTS[-1])


def predict(image):
    return logits_of(image).argmax(axis=-1)
"""


def files(change=""):
    """The files to hand in, with lines of a program that come after those of the good one."""
    weights = Path(__file__).with_suffix(".npz").read_bytes()
    return {"predict.py": (PROGRAM + change).encode(), "weights.npz": weights}


def starter(track):
    """The files of somebody who hands in the rule that everybody gets."""
    from seglab.capstone import contract

    return {"predict.py": Path(contract.__file__).with_name("starters").joinpath(f"{track}.py").read_bytes()}


def hand_in(source):
    return files()
