import keras
import numpy as np
import pytest
from scipy import ndimage

from seglab import unet_sizes
from seglab.errors import InputError
from seglab.models import unet, unet_paper
from seglab.tiling import mirror, predict_tiles, tile_grid

UNET = {"margin": unet_sizes.margin(2), "multiple": 4}  # two poolings


@pytest.fixture(scope="module")
def network():
    """A U-Net of the paper's kind with two poolings and weights as after some training."""
    keras.utils.set_random_seed(3)
    model = unet_paper((None, None, 1), 2, base_filters=4, depth=2)
    for weight in model.weights:
        weight.assign(weight + 0.05 * np.random.default_rng(4).normal(size=weight.shape))
    return model


@pytest.fixture
def image():
    return np.random.default_rng(0).random((21, 34, 1), "float32")


def whole(model, image, depth=2):
    """One tile over the whole image: the mirrored border by hand, and no grid."""
    margin = unet_sizes.margin(depth)
    sizes = [unet_sizes.input_size(length, depth) for length in image.shape[:2]]
    borders = [(margin, size - length - margin) for size, length in zip(sizes, image.shape[:2], strict=True)]
    plane = np.pad(image, (*borders, (0, 0)), mode="symmetric")
    return model(plane[None])[0].numpy()[: image.shape[0], : image.shape[1]]


@pytest.mark.parametrize("tile_size", [44, 48, 60, 64, (52, 120), (200, 44)])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_stitched_is_whole(network, image, tile_size, batch_size):
    stitched = predict_tiles(network, image, tile_size=tile_size, batch_size=batch_size, **UNET)
    assert stitched.shape == (21, 34, 2)
    assert stitched.dtype == np.float32
    np.testing.assert_allclose(stitched, whole(network, image), atol=2e-5)


def test_stitched_is_whole_for_an_image_smaller_than_the_margin(network):
    image = np.random.default_rng(1).random((5, 3, 1), "float32")
    np.testing.assert_allclose(predict_tiles(network, image, tile_size=44, **UNET), whole(network, image), atol=2e-5)


def test_three_poolings_and_the_papers_misfit():
    """At three poolings as at four, the output size is no multiple of the stride: tiles side by side have seams."""
    keras.utils.set_random_seed(5)
    model = unet_paper((None, None, 1), 2, base_filters=2, depth=3)
    image = np.random.default_rng(2).random((70, 50, 1), "float32")
    tile = {"tile_size": 108, "margin": unet_sizes.margin(3)}
    assert unet_sizes.output_size(108, 3) == 20
    expected = whole(model, image, depth=3)
    np.testing.assert_allclose(predict_tiles(model, image, multiple=8, **tile), expected, atol=2e-5)
    seams = np.abs(predict_tiles(model, image, multiple=1, **tile) - expected).max(-1)
    assert seams[:20, :20].max() < 2e-5  # the first tile fits
    assert seams[20:, 20:].max() > 1e-3


def test_a_network_with_padding_equals_its_whole_prediction_away_from_the_border():
    keras.utils.set_random_seed(6)
    model = unet((None, None, 1), 2, base_filters=4, depth=2)
    image = np.random.default_rng(3).random((96, 120, 1), "float32")
    direct = model(image[None])[0].numpy()
    margin = 24  # at least what an output pixel sees, and a multiple of the stride
    stitched = predict_tiles(model, image, tile_size=64, margin=margin, multiple=4)
    inner = np.s_[margin:-margin, margin:-margin]
    np.testing.assert_allclose(stitched[inner], direct[inner], atol=2e-5)
    assert np.abs(stitched - direct).max() > 1e-3  # zeros beyond the border, mirror images here
    too_small = predict_tiles(model, image, tile_size=64, margin=4, multiple=4)
    assert np.abs(too_small[inner] - direct[inner]).max() > 1e-3


@pytest.mark.parametrize("tile_size", [7, 8, (9, 30)])
@pytest.mark.parametrize("same", [True, False])
def test_a_box_filter_with_mirrored_borders(tile_size, same):
    """Against scipy, whose "reflect" repeats the pixel at the edge; a network may keep the tile's size or cut it."""
    image = np.random.default_rng(7).random((11, 17, 3))
    kernel = np.arange(25.0).reshape(5, 5, 1)  # not symmetric

    def predict(tiles):
        filtered = np.stack([ndimage.correlate(tile, kernel, mode="constant") for tile in tiles])
        return filtered if same else filtered[:, 2:-2, 2:-2]

    expected = ndimage.correlate(image, kernel, mode="reflect")
    result = predict_tiles(predict, image, tile_size=tile_size, margin=2)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_tiles_batches_and_mirror_by_hand():
    image = np.arange(1.0, 11).reshape(2, 5, 1)
    seen = []

    def predict(tiles):
        seen.append(tiles[..., 0].astype(int).tolist())
        return tiles

    result = predict_tiles(predict, image, tile_size=4, margin=1, batch_size=2)
    np.testing.assert_array_equal(result, image)
    rows = [[1, 1, 2, 3], [1, 1, 2, 3], [6, 6, 7, 8], [6, 6, 7, 8]]
    assert seen == [
        [rows, [[2, 3, 4, 5], [2, 3, 4, 5], [7, 8, 9, 10], [7, 8, 9, 10]]],
        [[[4, 5, 5, 4], [4, 5, 5, 4], [9, 10, 10, 9], [9, 10, 10, 9]]],
    ]


def test_grid_of_the_paper():
    assert tile_grid(512, 572, margin=92, multiple=16).starts == (-92, 292)
    assert tile_grid(384, 572, margin=92, multiple=16).starts == (-92,)
    assert tile_grid(385, 572, margin=92, multiple=16).starts == (-92, 292)
    assert tile_grid(388, 572, margin=92).step == 388


@pytest.mark.parametrize("length", [1, 7, 20, 41])
@pytest.mark.parametrize(("tile_size", "margin", "multiple"), [(5, 2, 1), (9, 0, 4), (30, 6, 8)])
def test_kept_pixels_cover_an_axis_once(length, tile_size, margin, multiple):
    grid = tile_grid(length, tile_size, margin=margin, multiple=multiple)
    covered = np.zeros(length + tile_size, int)
    for start in grid.starts:
        assert start + margin < length
        assert (start + margin) % multiple == 0
        covered[start + margin : start + margin + grid.step] += 1
    assert grid.step + 2 * margin <= tile_size
    assert (covered[:length] == 1).all()


def test_mirror_of_a_small_image_goes_on():
    grid = tile_grid(2, 9, margin=4), tile_grid(1, 1, margin=0)
    plane = mirror(np.array([[[1]], [[2]]]), grid)[:, 0, 0]
    np.testing.assert_array_equal(plane, [1, 2, 2, 1, 1, 2, 2, 1, 1, 2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tile_size": 4, "margin": 2}, "tile_size must be at least 5 to keep 1 pixels between margins of 2, got 4"),
        ({"tile_size": 19, "margin": 2, "multiple": 16}, "tile_size must be at least 20"),
        ({"tile_size": (8, 8, 8)}, r"tile_size must be an integer or \(height, width\)"),
        ({"tile_size": (8, 8.0)}, "tile_size must be an integer of at least 1, got 8.0"),
        ({"margin": -1}, "margin must be an integer of at least 0, got -1"),
        ({"multiple": 0}, "multiple must be an integer of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1, got 0"),
        ({"image": np.zeros((8, 8))}, r"image must be \(H, W, C\) .* got the shape \(8, 8\)"),
        ({"image": np.zeros((0, 8, 1))}, "image must be"),
        ({"predict": lambda tiles: tiles[:, 1:]}, "predict must give .* 6 x 6"),
        ({"predict": lambda tiles: tiles[:, 2:-2, 2:-2]}, "Is margin=1 the network's"),
        ({"predict": lambda tiles: tiles[0]}, "predict must give"),
        ({"predict": lambda tiles: tiles[..., 0]}, "predict must give"),
        ({"predict": lambda tiles: tiles[:1]}, "predict must give"),
    ],
)
def test_errors(changes, message):
    arguments = {"predict": lambda tiles: tiles, "image": np.zeros((9, 12, 1)), "tile_size": 8, "margin": 1, **changes}
    with pytest.raises(InputError, match=message):
        predict_tiles(**arguments)
