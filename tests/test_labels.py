import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seglab.errors import InputError
from seglab.labels import (
    IGNORE,
    class_colors,
    colorize,
    decode_panoptic,
    encode_panoptic,
    ids_to_rgb,
    labels_from_colors,
    panoptic_from_segments,
    read_palette_png,
    rgb_to_ids,
    segments_from_panoptic,
    trimap_to_labels,
    write_palette_png,
)

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


@pytest.mark.parametrize(
    ("labels", "ignore"), [([[3]], None), ([[-1]], None), ([[254]], 255), ([[3]], 255), ([[-2]], -1)]
)
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


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_panoptic_ids_by_hand(dtype):
    categories, instances = np.array([[0, 0, 2], [7, 7, 99]], dtype), np.array([[0, 1, 0], [3, 120, 5]], dtype)
    before = categories.copy()
    ids = encode_panoptic(categories, instances)
    assert ids.dtype == np.int32
    assert ids.tolist() == [[0, 1, 2000], [7003, 7120, 99005]]
    np.testing.assert_array_equal(categories, before)
    for back, expected in zip(decode_panoptic(ids), (categories, instances), strict=True):
        assert back.dtype == np.int32
        np.testing.assert_array_equal(back, expected)


@settings(deadline=None, max_examples=60)
@given(
    shape=st.lists(st.integers(0, 5), min_size=0, max_size=3).map(tuple),
    max_instances=st.sampled_from([1, 7, 1000, 1 << 22]),
    seed=st.integers(0, 2**32 - 1),
)
def test_panoptic_ids_round_trip(shape, max_instances, seed):
    rng = np.random.default_rng(seed)
    categories = rng.integers(0, 256, shape)
    instances = rng.integers(0, max_instances, shape)
    ids = encode_panoptic(categories, instances, max_instances=max_instances)
    assert ids.shape == shape
    back = decode_panoptic(ids, max_instances=max_instances)
    np.testing.assert_array_equal(back, (categories, instances))


def test_panoptic_ids_of_different_shapes():
    stuff = encode_panoptic(np.array([[3, 255]]), 0)
    assert stuff.tolist() == [[3000, 255000]]
    assert int(encode_panoptic(3, 4)) == 3004
    with pytest.raises(InputError, match=r"must have shapes that fit, got \(2,\) and \(3,\)"):
        encode_panoptic(np.zeros(2, int), np.zeros(3, int))


def test_panoptic_ids_out_of_range():
    with pytest.raises(InputError, match=r"instances must lie in \[0, 1000\), got values from 0 to 1000"):
        encode_panoptic(1, np.array([0, 1000]))
    with pytest.raises(InputError, match=r"instances must lie in \[0, 1000\), got values from -1 to 3"):
        encode_panoptic(1, np.array([-1, 3]))
    with pytest.raises(InputError, match=r"categories must lie in \[0, 2147483\), got values from -1 to -1"):
        encode_panoptic(-1, 0)
    with pytest.raises(InputError, match=r"categories must lie in \[0, 21\)"):
        encode_panoptic(21, 0, max_instances=100_000_000)
    assert int(encode_panoptic(2147482, 999)) == 2147482999
    for wrong in (-1, 2**31 - 1, 2**40):
        with pytest.raises(InputError, match=r"ids must lie in \[0, 2147483647\)"):
            decode_panoptic(np.array([wrong]))
    for function in (lambda x: encode_panoptic(x, 0), lambda x: encode_panoptic(0, x), decode_panoptic, ids_to_rgb):
        with pytest.raises(TypeError, match="must be of integer type, got float64"):
            function(np.zeros((2, 2)))


def test_color_bytes_by_hand():
    ids = np.array([[0, 255, 256], [65535, 65536, 256**3 - 1]])
    rgb = ids_to_rgb(ids)
    assert rgb.dtype == np.uint8
    assert rgb.tolist() == [[[0, 0, 0], [255, 0, 0], [0, 1, 0]], [[255, 255, 0], [0, 0, 1], [255, 255, 255]]]
    np.testing.assert_array_equal(rgb_to_ids(rgb), ids)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.lists(st.integers(0, 6), min_size=0, max_size=3).map(tuple),
    dtype=st.sampled_from([np.int32, np.int64, np.uint32, np.uint64]),
)
def test_color_bytes_round_trip(seed, shape, dtype):
    ids = np.random.default_rng(seed).integers(0, 256**3, shape).astype(dtype)
    back = rgb_to_ids(ids_to_rgb(ids))
    assert back.dtype == np.int32
    np.testing.assert_array_equal(back, ids)
    rgb = np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
    np.testing.assert_array_equal(ids_to_rgb(rgb_to_ids(rgb)), rgb)


def test_color_bytes_out_of_range():
    for wrong in (-1, 256**3):
        with pytest.raises(InputError, match=r"ids must lie in \[0, 16777216\)"):
            ids_to_rgb(np.array([wrong]))
    with pytest.raises(InputError, match=r"rgb must lie in \[0, 256\)"):
        rgb_to_ids(np.array([0, 0, 300]))
    for shape in ((2, 2), (2, 2, 4), ()):
        with pytest.raises(InputError, match=r"rgb must have shape \(..., H, W, 3\)"):
            rgb_to_ids(np.zeros(shape, int))


SEGMENT_IDS = np.array([[40, 40, 7, 0], [1, 1, 7, 900_000]])
SEGMENTS = [
    {"id": 900_000, "category_id": 9, "iscrowd": 0, "area": 1, "bbox": [3, 1, 1, 1]},
    {"id": 40, "category_id": 2, "iscrowd": 0},
    {"id": 1, "category_id": 2, "iscrowd": 1},
    {"id": 7, "category_id": 2},
]


def test_panoptic_from_segments_by_hand():
    before = SEGMENT_IDS.copy()
    panoptic, crowds = panoptic_from_segments(SEGMENT_IDS, SEGMENTS)
    assert panoptic.dtype == np.int32
    assert panoptic.tolist() == [[2001, 2001, 2003, 255000], [2002, 2002, 2003, 9001]]
    assert crowds == (2002,)
    panoptic, crowds = panoptic_from_segments(SEGMENT_IDS, SEGMENTS, things={2}, ignore_class=0, max_instances=10)
    assert panoptic.tolist() == [[21, 21, 23, 0], [22, 22, 23, 90]]
    assert crowds == (22,)
    # What is no thing has no number, so its segments become one.
    assert panoptic_from_segments(SEGMENT_IDS, SEGMENTS, things=[9])[0].tolist()[0] == [2000, 2000, 2000, 255000]
    np.testing.assert_array_equal(SEGMENT_IDS, before)
    assert panoptic_from_segments(np.zeros((2, 0), int), []) == (pytest.approx(np.zeros((2, 0))), ())


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (SEGMENTS[1:], "ids hold segment 900000, which segments_info does not name"),
        ([*SEGMENTS, {"id": 5, "category_id": 1}], "segments_info names segment 5, which has no pixel"),
        ([*SEGMENTS, {"id": 7, "category_id": 1}], "name each id once and leave 0 to void, got 7 again"),
        ([*SEGMENTS, {"id": 0, "category_id": 1}], "name each id once and leave 0 to void, got 0 again"),
        ([{"id": 7, "category_id": 255}], "segment 7 has category 255, which is ignore_class"),
    ],
)
def test_panoptic_from_segments_errors(segments, message):
    with pytest.raises(InputError, match=message):
        panoptic_from_segments(SEGMENT_IDS, segments)


def test_more_segments_than_numbers():
    with pytest.raises(InputError, match=r"instances must lie in \[0, 3\), got values from 3 to 3"):
        panoptic_from_segments(SEGMENT_IDS, SEGMENTS, max_instances=3)
    with pytest.raises(TypeError, match="ids must be of integer type"):
        panoptic_from_segments(SEGMENT_IDS * 1.0, SEGMENTS)


def test_segments_from_panoptic_by_hand():
    panoptic = np.array([[2001, 2001, 2003, 255000], [255000, 0, 2003, 9000]])
    ids, segments = segments_from_panoptic(panoptic, crowds=[2003])
    assert ids.dtype == np.int32
    assert ids.tolist() == [[2, 2, 3, 0], [0, 1, 3, 4]]
    assert segments == [
        {"id": 1, "category_id": 0, "area": 1, "iscrowd": 0},
        {"id": 2, "category_id": 2, "area": 2, "iscrowd": 0},
        {"id": 3, "category_id": 2, "area": 2, "iscrowd": 1},
        {"id": 4, "category_id": 9, "area": 1, "iscrowd": 0},
    ]
    json.dumps(segments)  # as the result file holds it
    with pytest.raises(InputError, match="ids must lie in"):
        segments_from_panoptic(np.array([[-1]]))
    with pytest.raises(TypeError, match="panoptic must be of integer type"):
        segments_from_panoptic(np.array([[1.0]]))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1), height=st.integers(0, 6), width=st.integers(0, 6), ignore=st.sampled_from([0, 9])
)
def test_segments_round_trip_through_the_picture(seed, height, width, ignore):
    """The way of a result file: segments, color bytes, back; a category's numbers close up, all else stays."""
    rng = np.random.default_rng(seed)
    categories = rng.choice([0, 1, 2, 3, 9], (height, width))
    instances = np.where(np.isin(categories, [1, 2]), rng.integers(1, 5, (height, width)), 0)
    panoptic = encode_panoptic(categories, instances)
    crowds = {number for number in panoptic.ravel().tolist() if number // 1000 != ignore and rng.random() < 0.3}
    ids, segments = segments_from_panoptic(panoptic, crowds=crowds, ignore_class=ignore)
    back, crowds_back = panoptic_from_segments(
        rgb_to_ids(ids_to_rgb(ids)), segments, things={1, 2}, ignore_class=ignore
    )
    expected = panoptic.copy()
    for category in (1, 2):
        for number, old in enumerate(np.unique(panoptic[categories == category]), start=1):
            expected[panoptic == old] = category * 1000 + number
    np.testing.assert_array_equal(back, expected)
    assert set(crowds_back) == {int(expected[panoptic == old][0]) for old in crowds}


@pytest.mark.data
def test_coco_sample_there_and_back(data_dir):
    folder = data_dir / "coco_panoptic_sample"
    for entry in json.loads((folder / "panoptic.json").read_text(encoding="utf-8"))["annotations"]:
        rgb = np.asarray(Image.open(folder / "panoptic" / entry["file_name"]))
        np.testing.assert_array_equal(ids_to_rgb(rgb_to_ids(rgb)), rgb)
        panoptic, crowds = panoptic_from_segments(rgb_to_ids(rgb), entry["segments_info"])
        ids, segments = segments_from_panoptic(panoptic, crowds=crowds)
        np.testing.assert_array_equal(ids == 0, rgb_to_ids(rgb) == 0)

        def described(segments):
            return sorted((s["category_id"], s["area"], s["iscrowd"]) for s in segments)

        assert described(segments) == described(entry["segments_info"])
        np.testing.assert_array_equal(panoptic_from_segments(ids, segments)[0], panoptic)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    num_classes=st.sampled_from([1, 2, 3, 21, 255, 256]),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    ignore=st.sampled_from([None, 255, 0]),
    dtype=st.sampled_from([np.uint8, np.int32, np.int64]),
)
def test_palette_png_round_trip(tmp_path_factory, seed, num_classes, shape, ignore, dtype):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, num_classes, shape).astype(dtype)
    if ignore is not None:
        labels[rng.random(shape) < 0.2] = ignore
    path = tmp_path_factory.getbasetemp() / "labels.png"
    write_palette_png(path, labels, num_classes, ignore_class=ignore)
    back, colors = read_palette_png(path)
    assert back.dtype == colors.dtype == np.uint8
    np.testing.assert_array_equal(back, labels)
    painted = colorize(labels, num_classes, ignore_class=ignore)
    np.testing.assert_array_equal(colors[back], painted)
    with Image.open(path) as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), painted)


@pytest.mark.data
def test_palette_of_pascal_voc(data_dir):
    labels, colors = read_palette_png(data_dir / "voc_sample" / "SegmentationClass" / "2007_000129.png")
    assert set(np.unique(labels).tolist()) <= {*range(21), 255}
    assert colors[[0, 1, 2, 15, 255]].tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [192, 128, 128],
        [224, 224, 192],
    ]
    np.testing.assert_array_equal(labels_from_colors(colors[labels], colors[:21], ignore_color=colors[255]), labels)


def test_palette_png_errors(tmp_path):
    path = tmp_path / "a.png"
    labels = np.array([[0, 1]])
    with pytest.raises(TypeError, match="labels must be of integer type"):
        write_palette_png(path, labels * 1.0, 2)
    with pytest.raises(InputError, match=r"labels must have shape \(H, W\), got \(1, 1, 2\)"):
        write_palette_png(path, labels[None], 2)
    with pytest.raises(InputError, match=r"labels must lie in \[0, 1\)"):
        write_palette_png(path, labels, 1)
    with pytest.raises(InputError, match=r"ignore_class must lie in \[0, 255\] .* got -1"):
        write_palette_png(path, labels - 1, 1, ignore_class=-1)
    assert not path.exists()
    with pytest.raises(InputError, match=r"a\.png does not exist"):
        read_palette_png(path)
    path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png cannot be read"):
        read_palette_png(path)
    Image.new("RGB", (2, 2)).save(path)
    with pytest.raises(InputError, match=r"a\.png has no palette \(mode RGB\)"):
        read_palette_png(path)
