"""Interactive demos: they run in a notebook, in Voila, and as a page of their own by `to_html`.

A name is imported from its file on first use, so that one demo does not wait for the others.
"""

from importlib import import_module

_FILES = {
    "CRFSliders": "crf_sliders",
    "DilationRate": "dilation_rate",
    "ElasticDeformation": "elastic_deformation",
    "IoUPlayground": "iou_playground",
    "LossLandscape": "loss_landscape",
    "NMSThreshold": "nms_threshold",
    "PanopticMerge": "panoptic_merge",
    "PrototypeMixer": "prototype_mixer",
    "ReceptiveFieldExplorer": "receptive_field",
    "RoIAlignExplorer": "roi_align",
    "SoloGrid": "solo_grid",
    "StreetLayers": "street_layers",
    "StrideExplorer": "stride_explorer",
    "TransposedConvolution": "transposed_convolution",
    "UNetShapes": "unet_shapes",
}
__all__ = list(_FILES)


def __getattr__(name):
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
