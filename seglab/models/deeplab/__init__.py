"""DeepLab, one version per file: atrous convolutions keep the map large, atrous pyramids look at several scales."""

from seglab.models.deeplab.v1 import deeplab_v1
from seglab.models.deeplab.v2 import deeplab_v2
from seglab.models.deeplab.v3 import deeplab_v3
from seglab.models.deeplab.v3plus import deeplab_v3plus

__all__ = ["deeplab_v1", "deeplab_v2", "deeplab_v3", "deeplab_v3plus"]
