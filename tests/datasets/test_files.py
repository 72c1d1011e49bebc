"""Image and label files in every pixel format that turns up, and files that are broken."""

import io

import numpy as np
import pytest
from PIL import Image

from seglab.datasets.files import read_image, read_label_file
from seglab.errors import InputError
from seglab.transforms import resize_image

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def saved(path, array, mode=None):
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path)
    return path


def test_rgb(tmp_path):
    image, file_size = read_image(saved(tmp_path / "a.png", RGB))
    np.testing.assert_array_equal(image, RGB)
    assert file_size == (5, 7)


def test_resized_as_the_transform_does(tmp_path):
    image, file_size = read_image(saved(tmp_path / "a.png", RGB), (3, 9))
    np.testing.assert_array_equal(image, resize_image(RGB, (3, 9)))
    assert file_size == (5, 7)


def test_one_channel(tmp_path):
    image, _ = read_image(saved(tmp_path / "a.png", RGB[..., 0]))
    np.testing.assert_array_equal(image, np.repeat(RGB[..., :1], 3, axis=-1))


def test_alpha_is_dropped(tmp_path):
    rgba = np.dstack([RGB, np.zeros((5, 7), np.uint8)])
    np.testing.assert_array_equal(read_image(saved(tmp_path / "a.png", rgba))[0], RGB)


def test_sixteen_bits_are_scaled(tmp_path):
    values = np.array([[0, 255, 256], [32768, 65535, 300]], np.uint16)
    image, _ = read_image(saved(tmp_path / "a.png", values))
    np.testing.assert_array_equal(image[..., 0], [[0, 0, 1], [128, 255, 1]])


def test_palette_is_looked_up(tmp_path):
    picture = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[0][0], [[10, 20, 30], [40, 50, 60]])
    np.testing.assert_array_equal(read_label_file(tmp_path / "a.png"), [[0, 1], [2, 1]])


def test_other_modes(tmp_path):
    assert read_image(saved(tmp_path / "a.jpg", RGB, "CMYK"))[0].shape == (5, 7, 3)
    assert read_image(saved(tmp_path / "b.png", RGB, "1"))[0].max() == 255


def test_floating_point_image(tmp_path):
    with pytest.raises(InputError, match=r"a\.tif holds floating-point values"):
        read_image(saved(tmp_path / "a.tif", np.ones((4, 4), np.float32)))


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (1, RGB),
        (2, RGB[:, ::-1]),
        (3, RGB[::-1, ::-1]),
        (4, RGB[::-1]),
        (5, RGB.transpose(1, 0, 2)),
        (6, np.rot90(RGB, -1)),  # a phone held upright: clockwise
        (7, RGB[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(RGB)),
    ],
)
@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_photo_is_turned_as_its_tag_says(tmp_path, turn, shown, ending):
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"lossless": True, "quality": 100} if ending == "webp" else {}
    Image.fromarray(RGB).save(tmp_path / f"a.{ending}", exif=exif, **options)
    image, file_size = read_image(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(image, shown)
    assert file_size == shown.shape[:2]
    assert read_image(tmp_path / f"a.{ending}", (2, 3))[0].shape == (2, 3, 3)


@pytest.mark.parametrize("exif", [b"Exif\0\0MM\0*", b"Exif\0\0nonsense", b"", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"])
def test_a_broken_tag_turns_nothing(tmp_path, exif):
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif, quality=100)
    assert read_image(tmp_path / "a.jpg")[1] == (5, 7)


def test_bytes_have_the_name_that_they_are_given(tmp_path):
    path = saved(tmp_path / "a.png", RGB)
    np.testing.assert_array_equal(read_image(io.BytesIO(path.read_bytes()), name="mine.png")[0], RGB)
    for content in (path.read_bytes()[:60], b"words", b""):
        with pytest.raises(InputError, match=r"^mine\.png cannot be read") as caught:
            read_image(io.BytesIO(content), name="mine.png")
        assert "BytesIO" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([[0, 1], [255, 7]], np.uint8), ([[0, 1], [256, 65535]], np.uint16), ([[False, True], [True, False]], bool)],
)
def test_label_values(tmp_path, values, dtype):
    labels = read_label_file(saved(tmp_path / "a.png", np.array(values, dtype)))
    np.testing.assert_array_equal(labels, np.array(values, np.int64))
    assert np.issubdtype(labels.dtype, np.integer)


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("RGBA", 4), ("LA", 2)])
def test_label_file_with_channels(tmp_path, mode, channels):
    with pytest.raises(InputError, match=rf"a\.png has {channels} channels .*labels_from_colors"):
        read_label_file(saved(tmp_path / "a.png", RGB, mode))


@pytest.mark.parametrize("read", [read_image, read_label_file])
def test_broken_files(tmp_path, read):
    whole = saved(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)).read_bytes()
    photo = saved(tmp_path / "photo.jpg", np.zeros((80, 80), np.uint8)).read_bytes()
    contents = {
        "empty.png": b"",
        "words.png": b"not a picture",
        "short.png": whole[: len(whole) // 2],
        "bits.png": whole[:60] + bytes(20) + whole[80:],
        "short.jpg": photo[: len(photo) - 40],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name) as caught:
            read(tmp_path / name)
        assert "cannot be read" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.png does not exist"):
        read_image(tmp_path / "none.png")
