"""Week 10c: the drawn photos and their files, the planted faults, and what the lesson says of polygons and crops."""

import contextlib
import io
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import seglab
from seglab.authoring import notebooks
from seglab.datasets.annotations import labelme_to_coco
from seglab.datasets.coco import polygon_mask

ROOT = Path(__file__).parents[2]
CELLS = {cell["id"]: cell["source"] for cell in notebooks.read(ROOT / "course" / "week10c_own_photos.ipynb")["cells"]}
RUN = ["settings", "outlines", "scene", "photo", "write-photos", "to-coco", "plant", "find", "repair", "split"]


@pytest.fixture(scope="module")
def lesson():
    """The names that the cells before the training define, and what each cell printed."""
    names = {"np": np, "plt": plt, "seglab": seglab, "printed": {}}
    for cell in RUN:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(CELLS[cell].replace("%matplotlib inline", ""), names)
        names["printed"][cell] = printed.getvalue()
    exec(CELLS["even-odd"].split("center =")[0], names)
    exec(CELLS["in-memory"], names)
    return names


def test_files_are_those_of_labelme(lesson):
    content = json.loads((lesson["folder"] / "photo_00.json").read_text())
    assert list(content) == ["version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"]
    assert {"label", "points", "group_id", "description", "shape_type", "flags", "mask"} == set(content["shapes"][0])
    with Image.open(lesson["folder"] / content["imagePath"]) as photo:
        assert photo.size == (content["imageWidth"], content["imageHeight"])


def test_four_faults_are_found_and_the_fifth_is_not(lesson):
    faults = lesson["printed"]["find"].splitlines()
    assert faults[0] == "4 faults in 32 photos"
    for line, words in zip(
        faults[1:], ("photo_03.jpg, object 2", "photo_07.jpg, object 2", "photo_10.jpg", "photo_14.jpg"), strict=True
    ):
        assert line.startswith(f"- {words}")
    for line, words in zip(faults[1:], ("outside", "Did you mean", "EXIF", "the labels are of a photo"), strict=True):
        assert words in line
    assert lesson["printed"]["repair"].startswith("0 faults left")


def test_the_repairs_give_back_what_was_drawn(lesson, tmp_path):
    lesson["write_photos"](tmp_path / "photos", 32)
    before = labelme_to_coco(tmp_path / "photos", tmp_path / "labels.json").images
    after = lesson["coco"].images
    for number in range(32):
        mine, drawn = (image[number]["annotations"] for image in (after, before))
        scale = 2 if number == 14 else 1
        forgotten = drawn.pop(2) if number == 21 else None
        assert (forgotten is None) == (number != 21) and len(mine) == len(drawn)
        for one, other in zip(mine, drawn, strict=True):
            np.testing.assert_allclose(np.array(one["segmentation"]) * scale, other["segmentation"])


def test_the_photo_of_the_phone_lies_as_its_labels_do(lesson):
    with Image.open(lesson["ready"] / "images" / "photo_05.jpg") as photo:
        upright = np.asarray(photo).astype(float)
    drawn = lesson["draw_photo"](5, lesson["SIZES"][5 % 4])[0]
    assert upright.shape == drawn.shape
    assert np.abs(upright - drawn).mean() < 8


def test_photos_are_split_once_and_the_forgotten_object_is_validated(lesson):
    parts = {split: set((lesson["ready"] / f"{split}.txt").read_text().split()) for split in ("train", "val", "test")}
    assert {split: len(part) for split, part in parts.items()} == {"train": 16, "val": 8, "test": 8}
    assert len(set.union(*parts.values())) == 32
    assert "photo_21" in parts["val"]
    assert lesson["train"].classes == lesson["CLASSES"]
    assert 255 in np.stack([labels for _, labels in lesson["train"]])


def test_even_odd_by_hand(lesson):
    square_in_square = np.array([[0, 0], [6, 0], [6, 6], [0, 6], [0, 0], [2, 2], [4, 2], [4, 4], [2, 4], [2, 2]])
    inside = lesson["inside"]
    assert not inside(3, 3, square_in_square) and inside(1, 4.5, square_in_square)
    assert not inside(7, 3, square_in_square) and not inside(-1, 3, square_in_square)
    assert polygon_mask(square_in_square, (6, 6)).sum() == 36 - 4


def test_one_square_two_masks():
    names = {"np": np, "polygon_mask": polygon_mask, "Image": Image}
    exec("from PIL import ImageDraw", names)
    exec(CELLS["edges"].split("print(")[0], names)
    assert (names["middles"].sum(), names["painted"].sum()) == (9, 16)


def test_crops_are_windows_of_their_photo(lesson):
    labels = np.arange(64).reshape(8, 8)
    image = np.repeat(labels[..., None] / 255, 3, axis=2)
    found = lesson["crops"]([(image, labels)], 5, 4)
    assert len(found) == 5
    for piece, part in found:
        assert part.shape == (4, 4) and (np.diff(part, axis=1) == 1).all() and (np.diff(part, axis=0) == 8).all()
        np.testing.assert_allclose(piece[..., 0] * 255, part)
    data = lesson["in_memory"](found, "train", 4)
    assert np.array_equal(data[1][1], found[1][1])


def test_a_suspicion_is_what_the_labels_lack(lesson):
    class Network:
        def predict_on_batch(self, images):
            logits = np.zeros((1, 20, 20, 5), np.float32)
            logits[0, :, :, 1] = 9  # all bowl
            logits[0, 2:6, 2:6, 2] = logits[0, 12:16, 12:16, 3] = 99
            return logits

    labels = np.ones((20, 20), np.uint8)
    labels[12:16, 12:16] = 3  # the banana is labeled, the apple is not
    exec(CELLS["forgotten"].split("doubts =")[0], lesson)
    ((share, probability, index, klass, mask),) = lesson["suspicions"](Network(), [(np.zeros((20, 20, 3)), labels)])
    assert (share, index, klass) == (16 / 400, 0, 2) and probability > 0.99
    assert mask[2:6, 2:6].all() and mask.sum() == 16
