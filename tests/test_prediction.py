"""Photos of any size and kind, labeled by a network whose answer is known."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seglab import prediction
from seglab.datasets import load
from seglab.errors import InputError
from seglab.labels import read_palette_png

sys.path.insert(0, str(Path(__file__).parent))
from primary_colors import SIZE, load_run

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.fixture(autouse=True)
def known_network(monkeypatch):
    monkeypatch.setattr(prediction.training, "load_run", load_run)


def halves(left, right, size=(60, 90)):
    """A photo whose left and right halves have a color each."""
    photo = np.empty((*size, 3), np.uint8)
    photo[:, : size[1] // 2], photo[:, size[1] // 2 :] = left, right
    return photo


@pytest.mark.parametrize("size", [SIZE, (480, 640), (7, 5), (1, 1), (11, 600)])
def test_labels_have_the_size_of_the_photo(size):
    model, _ = load_run(None)
    labels = prediction.label_photo(model, np.full((*size, 3), GREEN, np.uint8))
    assert labels.shape == size and labels.dtype == np.uint8 and (labels == 1).all()


def test_sides_stay_where_they_are():
    model, _ = load_run(None)
    labels = prediction.label_photo(model, halves(RED, BLUE))
    assert (labels[:, :43] == 0).all() and (labels[:, 47:] == 2).all()  # but for the seam, of one network pixel


def test_files_hold_classes_and_the_mixed_colors(tmp_path):
    Image.fromarray(np.full((6, 9, 3), GREEN, np.uint8)).save(tmp_path / "a.png")
    written = list(prediction.predict_files([tmp_path / "a.png"], "runs/none", tmp_path / "out", alpha=0.25))
    assert [path.name for path in written] == ["a.labels.png", "a.overlay.png"]
    labels, colors = read_palette_png(written[0])
    assert labels.shape == (6, 9) and (labels == 1).all()
    mixed = 0.75 * np.array(GREEN) + 0.25 * colors[1]
    with Image.open(written[1]) as picture:
        assert np.abs(np.asarray(picture) - mixed).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_kinds_of_pixels(mode, tmp_path):
    ending = "tif" if mode == "CMYK" else "png"
    Image.fromarray(halves(RED, GREEN)).convert(mode).save(tmp_path / f"a.{ending}")
    labels, _ = read_palette_png(next(prediction.predict_files([tmp_path / f"a.{ending}"], "runs/none", tmp_path)))
    assert labels[30, 10] == 0 and labels[30, 80] == 1


def test_a_photo_held_upright_is_predicted_as_it_is_trained_on(tmp_path):
    """Left half red as a viewer shows it; stored on its side, with the tag of a camera."""
    shown, exif = halves(RED, BLUE), Image.Exif()
    exif[0x0112] = 6
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    for name, split in (("a", "test"), ("b", "train"), ("c", "val")):
        stored = Image.fromarray(np.rot90(shown))  # which the viewer turns back, clockwise
        stored.save(tmp_path / "images" / f"{name}.png", exif=exif)
        Image.fromarray((shown[..., 2] > 0).astype(np.uint8) * 2).save(tmp_path / "labels" / f"{name}.png")
        (tmp_path / f"{split}.txt").write_text(f"{name}\n")
    (tmp_path / "classes.txt").write_text("0 red\n1 green\n2 blue\n")
    path = tmp_path / "images" / "a.png"
    labels, _ = read_palette_png(next(prediction.predict_files([path], "runs/none", tmp_path)))
    assert labels.shape == (60, 90) and labels[0, 0] == 0 and labels[0, 89] == 2

    image, truth = load(f"folder:{tmp_path}", split="test", size=(60, 90))[0]
    np.testing.assert_allclose(image, shown / 255, atol=1e-6)
    assert np.mean(truth == labels) > 0.95  # but for the seam


def test_a_truncated_file_is_told_before_anything_is_written(tmp_path):
    Image.fromarray(halves(RED, BLUE)).save(tmp_path / "good.jpg")
    content = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "short.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"short\.jpg cannot be read \(.*runcated.*\)\. Save it again as JPEG or PNG"):
        list(prediction.predict_files([tmp_path / "good.jpg", tmp_path / "short.jpg"], "runs/none", tmp_path / "out"))
    assert not (tmp_path / "out").exists()
