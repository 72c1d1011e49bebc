import numpy as np
import pytest

from seglab.errors import InputError
from seglab.labels import IGNORE, class_colors, colorize, labels_from_colors, trimap_to_labels

MACHADO_DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def srgb_to_lab(rgb):
    """CIE L*a*b* of uint8 colors under D65, from the standard's formulas: not the space the palette was chosen in."""
    srgb = np.asarray(rgb) / 255
    return linear_to_lab(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def linear_to_lab(linear):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=-1)


def least_distance(lab):
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    return distances[~np.eye(len(lab), dtype=bool)].min()


def test_palette_starts_dark_then_follows_okabe_and_ito():
    colors = class_colors(8)
    assert colors.dtype == np.uint8
    assert colors[0].max() < 64
    hexes = ["".join(f"{v:02x}" for v in color) for color in colors[1:]]
    assert hexes == ["e69f00", "56b4e9", "009e73", "f0e442", "0072b2", "d55e00", "cc79a7"]


def test_a_class_keeps_its_color():
    full = class_colors(256)
    for num_classes in (1, 2, 8, 9, 21, 133):
        np.testing.assert_array_equal(class_colors(num_classes), full[:num_classes])
    assert len(np.unique(full, axis=0)) == 256
    # A change of these changes every figure of the course.
    assert full[8:12].tolist() == [[119, 68, 68], [0, 0, 255], [119, 221, 187], [34, 68, 136]]


def test_changing_a_returned_palette_changes_no_later_one():
    class_colors(4)[:] = 7
    assert class_colors(4)[0].tolist() == [32, 32, 32]


def test_21_colors_and_white_are_told_apart_also_with_deuteranopia():
    colors = np.concatenate([class_colors(21), [[255, 255, 255]]])
    # 2.3 is the just noticeable difference in this space.
    assert least_distance(srgb_to_lab(colors)) > 10
    srgb = colors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ MACHADO_DEUTERANOPIA.T, 0, 1)
    assert least_distance(linear_to_lab(seen)) > 7


@pytest.mark.parametrize("num_classes", [0, -1, 257])
def test_palette_size_is_checked(num_classes):
    with pytest.raises(InputError, match=r"num_classes must lie in \[1, 256\]"):
        class_colors(num_classes)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64])
def test_colorize_and_back(dtype):
    labels = np.array([[0, 3, 2], [1, 1, 0]], dtype)
    rgb = colorize(labels, 4)
    assert rgb.shape == (2, 3, 3)
    assert rgb.dtype == np.uint8
    np.testing.assert_array_equal(rgb[0, 1], class_colors(4)[3])
    np.testing.assert_array_equal(labels_from_colors(rgb, class_colors(4)), labels)


@pytest.mark.parametrize("ignore", [255, 1, -1])
def test_colorize_ignored_pixels_white(ignore):
    labels = np.array([[0, ignore, 2]], np.int32)
    rgb = colorize(labels, 3, ignore_class=ignore)
    np.testing.assert_array_equal(rgb[0], [class_colors(3)[0], [255, 255, 255], class_colors(3)[2]])
    np.testing.assert_array_equal(labels, [[0, ignore, 2]])


@pytest.mark.parametrize(("labels", "ignore"), [([[3]], None), ([[-1]], None), ([[254]], 255), ([[-2]], -1)])
def test_colorize_rejects_labels_outside(labels, ignore):
    with pytest.raises(InputError, match=r"labels must lie in \[0, 3\)"):
        colorize(np.array(labels), 3, ignore_class=ignore)


def test_labels_must_be_integers():
    with pytest.raises(TypeError, match="labels must be of integer type, got float64"):
        colorize(np.zeros((2, 2)), 2)
    with pytest.raises(TypeError, match="rgb must be of integer type"):
        labels_from_colors(np.zeros((2, 2, 3)), [[0, 0, 0]])
    with pytest.raises(TypeError, match="trimap must be of integer type"):
        trimap_to_labels(np.ones((2, 2)))


def test_labels_from_colors_equals_a_loop():
    rng = np.random.default_rng(0)
    colors = rng.permutation(256 * 3)[: 30 * 3].reshape(30, 3) % 256
    expected = rng.integers(0, 31, (7, 5))
    rgb = np.array([[colors[i] if i < 30 else [255, 0, 255] for i in row] for row in expected], np.uint8)
    labels = labels_from_colors(rgb, colors, ignore_color=(255, 0, 255))
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.where(expected == 30, IGNORE, expected))


def test_unknown_color_is_named_with_its_place():
    rgb = np.zeros((2, 3, 3), np.uint8)
    rgb[1, 2] = [1, 2, 3]
    with pytest.raises(InputError, match=r"1 pixels .* \(1, 2, 3\) at row 1, column 2"):
        labels_from_colors(rgb, [[0, 0, 0]])


@pytest.mark.parametrize(
    ("rgb", "colors", "message"),
    [
        (np.zeros((2, 2), int), [[0, 0, 0]], "rgb must have shape"),
        (np.zeros((2, 2, 4), int), [[0, 0, 0]], "rgb must have shape"),
        (np.zeros((2, 2, 3), int), [0, 0, 0], "colors must have shape"),
        (np.zeros((2, 2, 3), int), np.zeros((256, 3), int), "colors must have shape"),
        (np.zeros((2, 2, 3), int), [[0, 0, 0], [0, 0, 0]], "all be different"),
        (np.full((2, 2, 3), 300), [[0, 0, 0]], r"colors must lie in \[0, 255\]"),
    ],
)
def test_labels_from_colors_errors(rgb, colors, message):
    with pytest.raises(InputError, match=message):
        labels_from_colors(rgb, colors)


def test_ignore_color_must_not_be_a_class_color():
    with pytest.raises(InputError, match="all be different"):
        labels_from_colors(np.zeros((1, 1, 3), np.uint8), [[0, 0, 0]], ignore_color=[0, 0, 0])


@pytest.mark.parametrize(("border", "label"), [("ignore", 255), ("foreground", 1), ("own", 2)])
def test_trimap(border, label):
    trimap = np.array([[1, 2, 3], [3, 1, 2]], np.uint8)
    labels = trimap_to_labels(trimap, border=border)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, [[1, 0, label], [label, 1, 0]])


def test_trimap_errors():
    with pytest.raises(InputError, match="border must be one of ignore, foreground, own, got 'background'"):
        trimap_to_labels(np.ones((2, 2), int), border="background")
    with pytest.raises(InputError, match=r"trimap must hold 1 .* got 0"):
        trimap_to_labels(np.array([[1, 0]]))


def test_empty_maps():
    empty = np.zeros((0, 4), np.uint8)
    assert colorize(empty, 2).shape == (0, 4, 3)
    assert trimap_to_labels(empty).shape == (0, 4)
    assert labels_from_colors(np.zeros((0, 4, 3), np.uint8), [[0, 0, 0]]).shape == (0, 4)
