"""Networks, one architecture per file: builder functions from a shape to a `keras.Model` that returns logits."""

from functools import partial

from seglab.errors import InputError
from seglab.models.deeplab import deeplab_v1, deeplab_v2, deeplab_v3, deeplab_v3plus
from seglab.models.fcn import fcn
from seglab.models.pspnet import pspnet
from seglab.models.residual_unet import residual_unet
from seglab.models.segnet import segnet
from seglab.models.unet import unet, unet_six_level, unet_two_level
from seglab.models.unet_paper import unet_paper

__all__ = [
    "NETWORKS",
    "VARIANTS",
    "deeplab_v1",
    "deeplab_v2",
    "deeplab_v3",
    "deeplab_v3plus",
    "fcn",
    "pspnet",
    "residual_unet",
    "segnet",
    "slug",
    "unet",
    "unet_paper",
    "unet_six_level",
    "unet_two_level",
    "variant_name",
]

# The five networks that are compared, coarse to fine: builder(input_shape, num_classes, *, base_filters=8).
VARIANTS = {
    "FCN-32s": partial(fcn, variant="32s"),
    "FCN-16s": partial(fcn, variant="16s"),
    "FCN-8s": partial(fcn, variant="8s"),
    "U-Net without skips": partial(unet, skips="none"),
    "U-Net": partial(unet, skips="concat"),
}
# All that a command line trains by name.
NETWORKS = {
    **VARIANTS,
    "SegNet": segnet,
    "DeepLab v1": deeplab_v1,
    "DeepLab v2": deeplab_v2,
    "DeepLab v3": deeplab_v3,
    "DeepLab v3+": deeplab_v3plus,
    "PSPNet": partial(pspnet, auxiliary=True),
    "Residual U-Net": residual_unet,
}


def slug(name):
    """Write a network's name as a command line and a folder can take it.

    Example:
        >>> slug("U-Net without skips")
        'u-net-without-skips'
    """
    return name.lower().replace(" ", "-")


def variant_name(text):
    """Find the network that a user means.

    Args:
        text: A name of `NETWORKS`, or its slug.

    Returns:
        The name.

    Raises:
        InputError: If there is none.

    Example:
        >>> variant_name("fcn-8s")
        'FCN-8s'
    """
    for name in NETWORKS:
        if slug(text) == slug(name):
            return name
    raise InputError(f"model {text!r} is not known. Known are {', '.join(map(slug, NETWORKS))}.")
