"""Networks, one architecture per file: builder functions from a shape to a `keras.Model` that returns logits."""

from functools import partial

from seglab.models.fcn import fcn
from seglab.models.unet import unet, unet_six_level, unet_two_level

__all__ = ["VARIANTS", "fcn", "unet", "unet_six_level", "unet_two_level"]

# The five networks that are compared, coarse to fine: builder(input_shape, num_classes, *, base_filters=8).
VARIANTS = {
    "FCN-32s": partial(fcn, variant="32s"),
    "FCN-16s": partial(fcn, variant="16s"),
    "FCN-8s": partial(fcn, variant="8s"),
    "U-Net without skips": partial(unet, skips="none"),
    "U-Net": partial(unet, skips="concat"),
}
