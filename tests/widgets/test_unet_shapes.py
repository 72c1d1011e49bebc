"""The Python side of the U-Net shape explorer, against the networks themselves."""

import numpy as np
import pytest

from seglab import unet_sizes
from seglab.errors import InputError
from seglab.widgets import UNetShapes

PAPER = {"size": 572, "padding": "valid", "channels": 1, "num_classes": 2}


def kinds_of(model):
    """Shape of every map that the demo counts, by the kind of its layer, in the order of the network."""
    kinds = {"InputLayer": "input", "Conv2D": "conv", "MaxPooling2D": "pool", "Conv2DTranspose": "up"}
    kinds["Concatenate"] = "concat"
    found = [(kinds.get(type(layer).__name__), layer.output.shape[1:]) for layer in model.layers]
    maps = [(kind, height, channels) for kind, (height, _, channels) in ((k, s) for k, s in found if k)]
    return [*maps[:-1], ("logits", *maps[-1][1:])]


@pytest.mark.parametrize(
    ("builder", "shape", "options", "arguments"),
    [
        ("unet_paper", (572, 572, 1), {"num_classes": 2}, PAPER),
        ("unet_paper", (60, 60, 3), {"num_classes": 5, "base_filters": 6, "depth": 2}, {"padding": "valid"}),
        ("unet", (64, 64, 3), {"num_classes": 4, "base_filters": 8, "depth": 3}, {"batch_norm": True}),
        ("unet", (96, 96, 2), {"num_classes": 1, "base_filters": 3, "depth": 5}, {"batch_norm": True}),
        ("unet_two_level", (128, 128, 3), {"depth": 2, "num_classes": 1}, {}),
    ],
)
def test_every_map_is_that_of_the_network(builder, shape, options, arguments):
    models = pytest.importorskip("seglab.models")
    build = getattr(models, builder)
    model = build() if builder == "unet_two_level" else build(shape, **options)
    demo = UNetShapes(**{"size": shape[0], "channels": shape[2], **options, **arguments})
    assert demo.is_legal()
    assert demo.weights() == model.count_params()
    assert [(one.kind, one.size, one.channels) for one in demo.maps()] == kinds_of(model)
    by_layer = [layer.count_params() for layer in model.layers if type(layer).__name__.startswith("Conv2D")]
    bn = [layer.count_params() for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    weights = [one.weights for one in demo.maps() if one.kind in ("conv", "up", "logits")]
    assert sum(weights) == sum(by_layer) + sum(bn)
    if not bn:
        assert weights == by_layer
    assert demo.activation_bytes() == 4 * sum(size**2 * channels for _, size, channels in kinds_of(model))


def test_the_paper_by_hand():
    demo = UNetShapes(**PAPER)
    assert demo.weights() == 31_030_658 and demo.output_size() == 388 and demo.crops() == (88, 40, 16, 4)
    sizes = [one.size for one in demo.maps() if one.kind == "conv"]
    assert sizes[:10] == [570, 568, 282, 280, 138, 136, 66, 64, 30, 28]
    assert "28 x 28 x 1024 at the bottom, 388 x 388 out" in demo.describe()
    assert demo.nearest_legal() == (556, 588)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("depth", [1, 3, 4])
def test_nearest_sizes_by_search(padding, depth):
    def legal(size):
        return unet_sizes.is_legal(size, depth) if padding == "valid" else size % 2**depth == 0

    for size in [*range(1, 40), *range(180, 240)]:
        demo = UNetShapes(size, depth=depth, padding=padding, base_filters=1)
        below = next((one for one in range(size - 1, 0, -1) if legal(one)), None)
        above = next(one for one in range(size + 1, 2000) if legal(one))
        assert demo.nearest_legal() == (below, above), size
        assert demo.is_legal() == legal(size)


def test_an_input_that_does_not_fit():
    demo = UNetShapes(358, depth=3, base_filters=32)
    assert demo.output_size() is None and demo.activation_bytes() is None
    assert {one.size for one in demo.maps()} == {None}
    assert demo.weights() == UNetShapes(352, depth=3, base_filters=32).weights()
    assert "does not fit; nearest that do: 352 and 360" in demo.describe()
    assert "nearest that do: 188." in UNetShapes(30, padding="valid").describe()


def test_static_picture_names_every_size_and_crop():
    (ax,) = UNetShapes(**PAPER).static().axes
    texts = [text.get_text() for text in ax.texts]
    assert "572 → 568\n1 → 64" in texts and "56 → 52\n1024 → 512" in texts and "388\n2" in texts
    assert [text for text in texts if text.startswith("crop")] == ["crop 88", "crop 40", "crop 16", "crop 4"]
    (ax,) = UNetShapes(64, depth=2).static().axes
    assert [text.get_text() for text in ax.texts].count("copy") == 2
    heights = [bar.get_height() for bar in ax.patches]
    assert np.all(np.array(heights) > 0)
    (ax,) = UNetShapes(65, depth=2).static().axes
    assert ax.get_title(loc="left") == "65 × 65 in, does not fit"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size must be a whole number from 1 to 1536, got 0"),
        ({"depth": 7}, "depth must be a whole number from 1 to 6, got 7"),
        ({"base_filters": 65}, "base_filters must be a whole number from 1 to 64, got 65"),
        ({"channels": True}, "channels must be a whole number from 1 to 4, got True"),
        ({"num_classes": 22}, "num_classes must be a whole number from 1 to 21, got 22"),
        ({"padding": "full"}, "padding must be one of 'same', 'valid', got 'full'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        UNetShapes(**arguments)
